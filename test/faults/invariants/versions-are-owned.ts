import type { RunReport } from '../run-report';
import { LEAKED, REPLACED_BEFORE } from '../world/world';
import { pagesOf } from './pages';

/** How people are told that something was left behind. */
const LEFT_BEHIND = /not undone/i;

/** No version works that nobody owns: it is the incident's replacement, or people were told that it was left behind, or is kept. */
export function ownershipFaults({ world, view, outcome }: RunReport): readonly string[] {
  const told =
    outcome === 'contained-rollback-incomplete' || pagesOf(world).some(({ summary }) => LEFT_BEHIND.test(summary));
  const isKept = (number: number): boolean =>
    pagesOf(world).some(({ summary }) => summary.includes(`Version ${number} is kept`));
  return [...world.versions]
    .filter(([number, { atProvider }]) => number !== LEAKED && atProvider === 'live')
    .filter(([number]) => world.setting.past === 'nothing' || number !== REPLACED_BEFORE)
    .filter(([number]) => !world.given.has(number))
    .filter(([number, { state }]) => (view?.replacement !== number || state !== 'live') && !told && !isKept(number))
    .map(([number, { state }]) => `version ${number} works at the provider (inventory: ${state}), and nobody owns it`);
}
