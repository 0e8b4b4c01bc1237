import type { RunReport } from '../run-report';
import { LEAKED, type World } from '../world/world';
import { approversOf } from './approvals';
import { pagesOf } from './pages';

/** What is not so of an incident that says that nothing leaked, and that all is as it was. */
export function restorationFaults({ world, view }: RunReport): Readonly<Record<string, boolean>> {
  const { atProvider, state } = world.version(LEAKED);
  const { replacement } = view ?? {};
  const livesBeside = replacement !== undefined && world.works(replacement);
  return {
    'it does not work': atProvider !== 'live',
    'gateways refuse it still': world.refusals.get(LEAKED) !== 'none',
    'the inventory does not call it live': state !== 'live',
    'nobody approved of it': approversOf(world, 'markFalsePositive', world.effects.length).size === 0,
    'a dependent has no version that works': [...world.uses.values()].some((version) => !world.works(version)),
    'its replacement lives beside it, and nobody was told':
      livesBeside && !world.told.some(({ summary }) => summary.includes(`version ${replacement} lives beside it`)),
    'somebody was told that it is refused, and not that it is so no longer': leftInTheDark(world, view).length > 0,
    'the last that people heard is that it is refused still': pagesOf(world).at(-1)?.kind === 'unresolved',
  };
}

/** Those whose last word is that it is contained; one whose channel was dead is named in the timeline. */
function leftInTheDark({ told }: World, view: RunReport['view']): readonly string[] {
  const audiences = new Set(told.filter(({ kind }) => kind === 'contained').map(({ audience }) => audience));
  const couldNot = (audience: string): boolean =>
    view?.incident.timeline.some(({ note }) => note.startsWith(`${audience} could NOT be told (restored)`)) ?? false;
  return [...audiences].filter((audience) => {
    const last = told.findLast(
      (one) => one.audience === audience && (one.kind === 'contained' || one.kind === 'restored'),
    );
    return last?.kind !== 'restored' && !couldNot(audience);
  });
}
