import type { RunReport } from '../run-report';
import { saidNothingLeaked } from './decided-by-people';
import { LEAKED, type World } from '../world/world';

/** What an incident says of itself when it is over is how things are. */
export function outcomeFaults(report: RunReport): readonly string[] {
  const { status, outcome, view, world } = report;
  const leaked = world.version(LEAKED);
  const { milestones = undefined } = view?.incident ?? {};
  const claims = [
    ...(milestones?.revoked !== undefined && !world.trouble.revokeIsNoRevoke && leaked.atProvider !== 'dead'
      ? ['it is called revoked, and works at the provider']
      : []),
    ...(milestones?.verified !== undefined && leaked.atProvider !== 'dead' ? ['it is called dead, and is not'] : []),
  ];
  return status === 'completed' ? [...claims, ...wrongOutcome(outcome, report)] : claims;
}

function wrongOutcome(outcome: string | undefined, { world, view }: RunReport): readonly string[] {
  const leaked = world.version(LEAKED);
  const replacements = [...world.versions].filter(
    ([number, { atProvider }]) => number !== LEAKED && atProvider === 'live',
  );
  const is = (holds: boolean, otherwise: string): readonly string[] => (holds ? [] : [`${outcome}: ${otherwise}`]);
  switch (outcome) {
    case 'recovered': {
      const replacement = view?.replacement;
      return [
        ...is(leaked.atProvider === 'dead', 'the leaked version is not dead'),
        ...is(world.refusals.get(LEAKED) === 'revoked', 'gateways do not refuse it for ever'),
        ...is(
          replacement !== undefined && world.versions.has(replacement) && world.works(replacement),
          'the replacement does not work',
        ),
      ];
    }
    case 'contained-and-rolled-back':
      return [
        ...is(world.isRefused(LEAKED), 'it is not contained'),
        ...is(replacements.length === 0, 'a replacement was left behind'),
        ...is(
          [...world.uses.values()].every((version) => version === LEAKED),
          'a dependent was not sent back',
        ),
      ];
    case 'contained-rollback-incomplete':
    case 'contained-waiting-for-person':
    case 'contained-and-handed-over':
      return is(world.isRefused(LEAKED), 'it is not contained');
    case 'false-positive-restored': {
      const untold = audiencesOf(world, 'contained').filter((one) => !audiencesOf(world, 'resolved').includes(one));
      const shows = view?.incident.timeline.some(({ note }) => note.includes('could NOT be told'));
      return [
        ...is(saidNothingLeaked(world), 'nobody said so with an approval'),
        ...is(world.refusals.get(LEAKED) === 'none' && leaked.atProvider === 'live', 'it does not work again'),
        ...is(leaked.state === 'live', `the inventory believes that it is ${leaked.state}`),
        ...is(
          [...world.uses.values()].every((version) => world.works(version)),
          'a dependent has no version that works',
        ),
        ...is(untold.length === 0 || shows === true, `${untold.join(', ')} still believe that it is refused`),
      ];
    }
    default:
      return [`ended with an outcome that nobody decided on: ${outcome ?? 'none'}`];
  }
}

function audiencesOf({ told }: World, kind: string): readonly string[] {
  return told.filter((one) => one.kind === kind).map(({ audience }) => audience);
}
