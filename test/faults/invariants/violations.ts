import type { FaultCase, RunReport } from '../run-report';
import type { Story } from '../scenario';
import { rehearsalFaults } from './dry-run-is-dry';
import { incidentFaults } from './incident-faults';
import { watchFaults } from './watch-reports';

const FAULTS: Readonly<Record<Story, typeof incidentFaults>> = {
  respondToLeak: incidentFaults,
  watchContainment: watchFaults,
  rehearseResponse: rehearsalFaults,
};

/** What must hold after every run, whatever went wrong in it: one sentence for each thing that does not. */
export function violationsOf(report: RunReport, faultCase: FaultCase): readonly string[] {
  if (report.broken) return [`workflow code broke: ${report.broken}`];
  return FAULTS[faultCase.scenario.story](report, faultCase);
}
