import type { FaultCase, RunReport } from '../run-report';
import { auditFaults } from './audit-is-complete';
import { containmentFaults } from './contained-stays-contained';
import { dependentFaults } from './dependents-are-served';
import { endFaults } from './ends-or-waits';
import { besidesFaults } from './watch-and-rehearsal';
import { outcomeFaults } from './outcome-is-true';
import { ownershipFaults } from './versions-are-owned';

/** What must hold after every run, whatever went wrong in it: one sentence for each thing that does not. */
export function violationsOf(report: RunReport, faultCase: FaultCase): readonly string[] {
  if (report.broken) return [`workflow code broke: ${report.broken}`];
  const besides = besidesFaults(report, faultCase);
  // A watch that opened no incident, and a rehearsal, are no incident.
  if (faultCase.scenario.workflow !== undefined && !report.view) return besides;
  return [
    ...besides,
    ...endFaults(report, faultCase),
    ...containmentFaults(report),
    ...ownershipFaults(report),
    ...dependentFaults(report),
    ...outcomeFaults(report),
    ...auditFaults(report),
  ];
}
