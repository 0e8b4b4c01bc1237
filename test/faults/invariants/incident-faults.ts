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
    ...auditFaults(report, faultCase),
  ];
}

/** Begun anew, and refused before it did anything: it is dead by then, or can't be looked up. Response workers tell of the run before (abandoned-incidents.ts). */
function isRefusedAtTheDoor({ status, view }: RunReport, { scenario }: FaultCase): boolean {
  const isAnew = scenario.outside.flatMap(({ deeds }) => deeds).includes(BEGINS_ANEW);
  return isAnew && status === 'failed' && Object.keys(view?.incident.milestones ?? {}).length === 0;
}
