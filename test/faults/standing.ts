import { stepFailure } from '../../workflows/lib/failure-code';
import { stateQuery, type IncidentView } from '../../workflows/messages';
import type { RunReport } from './run-report';
import { decodeError } from './simulator/payloads';
import type { SimulatedRun } from './simulator/simulated-run';
import type { SimulatedTemporal } from './simulator/simulated-temporal';

/** How the incident stands; of a watch or a rehearsal, how that ended, and the incident that it started, if any. */
export function standingOf(main: SimulatedRun, temporal: SimulatedTemporal): Omit<RunReport, 'world' | 'calls'> {
  const broken = temporal.runs.find((run) => run.broken)?.broken;
  if (broken)
    return {
      status: 'running',
      broken: broken instanceof Error ? (broken.stack ?? broken.message) : 'what was thrown is no error',
    };
  const incident = incidentOf(temporal) ?? main;
  const view = viewOf(temporal);
  const common = { ...(view ? { view } : {}), ...(incident === main ? {} : { besides: besidesOf(main) }) };
  switch (incident.end?.status) {
    case 'completed': {
      const { outcome } = (incident.end.result ?? {}) as { readonly outcome?: string };
      return { ...common, status: 'completed', ...(outcome === undefined ? {} : { outcome }) };
    }
    case 'failed':
      return { ...common, status: 'failed', failureCode: stepFailure(decodeError(incident.end.failure)).code };
    case 'cancelled':
    case 'terminated':
      return { ...common, status: 'cancelled' };
    default:
      return { ...common, status: 'running' };
  }
}

function besidesOf({ end }: SimulatedRun): string {
  return end?.status ?? 'running';
}

function incidentOf({ runs }: SimulatedTemporal): SimulatedRun | undefined {
  return runs.findLast(({ identity }) => identity.workflowType === 'respondToLeak');
}

/** What the incident says of itself; undefined where none was started. */
export function viewOf(temporal: SimulatedTemporal): IncidentView | undefined {
  return incidentOf(temporal)?.query(stateQuery.name) as IncidentView | undefined;
}
