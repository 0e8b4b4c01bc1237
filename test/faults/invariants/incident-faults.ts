import { BEGINS_ANEW } from '../outside';
import type { FaultCase, RunReport } from '../run-report';
import { auditFaults } from './audit-is-complete';
import { containmentFaults } from './contained-stays-contained';
import { dependentFaults } from './dependents-are-served';
import { endFaults } from './ends-or-waits';
import { outcomeFaults } from './outcome-is-true';
import { ownershipFaults } from './versions-are-owned';

/** What must hold of every incident. */
export function incidentFaults(report: RunReport, faultCase: FaultCase): readonly string[] {
  if (isRefusedAtTheDoor(report, faultCase)) return [];
  return [
    ...endFaults(report, faultCase),
    ...containmentFaults(report, faultCase),
    ...ownershipFaults(report),
    ...dependentFaults(report),
    ...outcomeFaults(report),
    ...auditFaults(report),
  ];
}

/** Begun anew when the run before had proven it dead: nothing is left to do, and response workers tell how that one ended. */
function isRefusedAtTheDoor({ world, failureCode }: RunReport, { scenario }: FaultCase): boolean {
  const isProven = world.audit.some(({ action, phase }) => action === 'verify-dead' && phase === 'outcome');
  const isAnew = scenario.outside.flatMap(({ deeds }) => deeds).includes(BEGINS_ANEW);
  return isAnew && isProven && failureCode === 'VERSION_NOT_LIVE';
}
