import type { FaultCase, RunReport } from '../run-report';
import { LEAKED } from '../world/world';

/** What holds of the workflows beside an incident: they change nothing, and what they see is told or answered. */
export function besidesFaults(report: RunReport, { scenario }: FaultCase): readonly string[] {
  if (scenario.workflow === 'rehearseResponse') return rehearsalFaults(report);
  return scenario.workflow === 'watchContainment' ? watchFaults(report) : [];
}

function rehearsalFaults({ status, failureCode, world }: RunReport): readonly string[] {
  const { effects, told, audit } = world;
  // One that can't look anything up says so by its failure.
  const isOver = status === 'completed' || (status === 'failed' && failureCode !== undefined);
  return [
    ...(isOver ? [] : [`the rehearsal ended ${status}`]),
    ...effects.map(({ what, stepKey }) => `the rehearsal did something: ${what} by ${stepKey}`),
    ...told.map(({ kind, audience }) => `the rehearsal told ${audience}: ${kind}`),
    ...(status !== 'completed' || audit.some(({ action }) => action === 'dry-run')
      ? []
      : ['the rehearsal is not on record']),
  ];
}

/** What drifts is answered by an incident of its own, to which all other invariants hold. */
function watchFaults({ status, besides, view, world }: RunReport): readonly string[] {
  const { looksTellNothing, worksAgainAtLook } = world.setting.trouble;
  const hasDrifted = worksAgainAtLook !== undefined;
  const ended = hasDrifted ? besides : status;
  return [
    ...(ended === 'completed' ? [] : [`the watch ended ${ended ?? 'not'}`]),
    ...(hasDrifted && !view ? ['it works again, and no incident was opened'] : []),
    ...(hasDrifted && world.version(LEAKED).atProvider === 'live' && status === 'completed'
      ? ['it works again, and was not ended']
      : []),
    ...(!hasDrifted && world.effects.length > 0 ? ['the watch changed something'] : []),
    ...(looksTellNothing && !world.told.some(({ kind }) => kind === 'unresolved')
      ? ['it could see nothing, and nobody was told']
      : []),
  ];
}
