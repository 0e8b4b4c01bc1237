import type { FaultCase, RunReport } from '../run-report';
import { LEAKED } from '../world/world';
import { incidentFaults } from './incident-faults';
import { pagesOf } from './pages';

/** A watch changes nothing itself and ends in no silence: what works again is an incident again, and people know of what could not be seen. */
export function watchFaults(report: RunReport, faultCase: FaultCase): readonly string[] {
  const { world, status, watch, reopened } = report;
  const isDead = world.version(LEAKED).atProvider === 'dead' && world.refusals.get(LEAKED) === 'revoked';
  const byWatch = world.effects.filter(({ stepKey }) => stepKey.includes('/drift.'));
  return [
    ...byWatch.map(({ what, stepKey }) => `the watch itself changed something: ${what} by ${stepKey}`),
    ...world.effects.filter(({ what }) => what === 'loosen').map(({ stepKey }) => `the watch loosened: ${stepKey}`),
    ...(status === 'completed' ? [] : [`the watch is ${status}: nobody looks any more`]),
    ...(watch?.drift !== undefined && !reopened ? ['drift was found, and no incident was opened'] : []),
    ...(watch && watch.drift === undefined && !isDead
      ? ['it works again, and the watch has ended without a word']
      : []),
    ...(watch && watch.drift === undefined && watch.unclear > 0 && pagesOf(world).length === 0
      ? [`the last ${watch.unclear} looks could tell nothing, and nobody was told`]
      : []),
    ...(reopened ? incidentFaults({ ...reopened, world, calls: report.calls }, faultCase) : []),
  ];
}
