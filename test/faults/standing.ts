import { stepFailure } from '../../workflows/lib/failure-code';
import { stateQuery, type IncidentResult, type IncidentView } from '../../workflows/messages';
import type { Standing } from './run-report';
import type { Story } from './scenario';
import { decodeError } from './simulator/payloads';
import type { SimulatedRun } from './simulator/simulated-run';

/** How the simulated run of a story stands. */
export function standingOf(story: Story, begun: SimulatedRun, runs: readonly SimulatedRun[]): Standing {
  const broken = runs.find((run) => run.broken)?.broken;
  if (broken)
    return {
      status: 'running',
      broken: broken instanceof Error ? (broken.stack ?? broken.message) : 'what was thrown is no error',
    };
  const view = story === 'respondToLeak' ? { view: begun.query(stateQuery.name) as IncidentView } : {};
  const again = runs.find((run) => run !== begun && run.identity.workflowType === 'respondToLeak');
  const reopened = again ? { reopened: standingOf('respondToLeak', again, []) } : {};
  const { end } = begun;
  switch (end?.status) {
    case 'completed':
      return { status: 'completed', ...resultOf(story, end.result), ...view, ...reopened };
    case 'failed':
      return { status: 'failed', failureCode: stepFailure(decodeError(end.failure)).code, ...view, ...reopened };
    case 'cancelled':
    case 'terminated':
      return { status: 'cancelled', ...view, ...reopened };
    default:
      return { status: 'running', ...view, ...reopened };
  }
}

/** What a story that has come to its end says. */
export function resultOf(story: Story, result: unknown): Pick<Standing, 'outcome' | 'watch' | 'rehearsal'> {
  switch (story) {
    case 'respondToLeak':
      return { outcome: String((result as Partial<IncidentResult> | undefined)?.outcome) };
    case 'watchContainment':
      return { watch: result as NonNullable<Standing['watch']> };
    case 'rehearseResponse':
      return { rehearsal: result as NonNullable<Standing['rehearsal']> };
  }
}
