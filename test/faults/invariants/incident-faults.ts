import type { FaultCase, RunReport } from '../run-report';
import { auditFaults } from './audit-is-complete';
import { containmentFaults } from './contained-stays-contained';
import { dependentFaults } from './dependents-are-served';
import { endFaults } from './ends-or-waits';
import { outcomeFaults } from './outcome-is-true';
import { ownershipFaults } from './versions-are-owned';

/** What must hold of every incident. */
export function incidentFaults(report: RunReport, faultCase: FaultCase): readonly string[] {
  return [
    ...endFaults(report, faultCase),
    ...containmentFaults(report, faultCase),
    ...ownershipFaults(report),
    ...dependentFaults(report),
    ...outcomeFaults(report),
    ...auditFaults(report),
  ];
}
