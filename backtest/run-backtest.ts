import type { DetectorFailure } from '../detectors/ask-detectors';
import { foldPartition } from '../detectors/partition-fold';
import { emptyPartition } from '../detectors/partition-state';
import { isStale } from '../detectors/time-rules';
import type { BacktestIntel } from './read-intel';
import type { RuleSet } from '../detectors/sigma/rule-set';
import { notFromAhead } from '../detectors/sources/not-from-ahead';
import { mapperOf, recordIdOf, type Source } from '../detectors/sources/registry';
import type { DetectionMessage } from '../domain/detection';
import { DEFAULT_POLICY } from '../domain/policy';
import type { RiskThresholds } from '../domain/risk';
import { atLeast, type Severity } from '../domain/severity';
import { principalOf } from '../domain/principal-of';
import { partitionOf } from '../domain/subject';
import type { StreamEvent } from '../domain/usage-event';
import { forEachInTime } from '../recordings/merge-files';
import { createLocator } from '../workers/detection/locator';
import { detectionLine, type DetectionLine } from './detection-line';

export interface BacktestRequest {
  readonly source: Source;
  readonly files: readonly string[];
  /** Asked about each record, as at every intake. */
  readonly rules: RuleSet;
  /** Threat lists in force from the beginning. */
  readonly intel?: BacktestIntel;
  /** An MMDB database of countries, in place of the one in the package. */
  readonly countries?: string | undefined;
  /** Folded first, and nothing is said of them. */
  readonly learn?: readonly string[];
  /** What an assessment must reach to be told; by default what starts or joins an incident. */
  readonly from?: Severity;
  /** By what evidence is weighed; by default the policy's own. */
  readonly risk?: RiskThresholds;
  /** Milliseconds since the epoch, this machine's by default: what lies further ahead of it than an intake takes is malformed. */
  readonly now?: number;
  /** Changes a record before it is read, as a benchmark does that takes the attack tool's name away. */
  readonly prepare?: (record: unknown) => unknown;
}

export interface BacktestSummary {
  readonly events: number;
  readonly records: number;
  readonly ignored: number;
  readonly malformed: number;
  /** Events more than an hour older than what was learnt of their credential: judged by facts only. */
  readonly stale: number;
  readonly credentials: number;
  readonly detections: number;
  /** Credentials with a detection: there is one incident for each. */
  readonly incidents: number;
  readonly alertsPer1000: number;
  /** From the first event to the last, by their own times: how long it took is not a result. */
  readonly seconds: number;
}

export interface BacktestResult {
  readonly summary: BacktestSummary;
  /** Of the first few records that are malformed, also of those to learn from: where and what, never a value. */
  readonly faults: readonly string[];
  /** Where events are stale: the latest event that was learnt of one of their credentials. */
  readonly staleAfter?: { readonly eventId: string; readonly at: number };
  /** Detectors that threw. */
  readonly failures: readonly DetectorFailure[];
}

/** As many as a deployment has by default: how much is remembered at once depends on it. */
const PARTITIONS = 4;

/**
 * Folds recorded events exactly as the detection worker does, with all detectors, and tells every detection that would start or join an
 * incident. The same input gives the same lines.
 * @throws IncidentError RECORDING_UNREADABLE, RECORDING_OF_ANOTHER_SOURCE, RECORDING_TOO_LARGE
 */
export async function runBacktest(
  request: BacktestRequest,
  tell: (line: DetectionLine) => void,
): Promise<BacktestResult> {
  const { source, files, rules, learn = [], from = DEFAULT_POLICY.incidentFrom, prepare, now = Date.now() } = request;
  const toEvent = notFromAhead(mapperOf(source, rules), () => now);
  const map = prepare ? (record: unknown) => toEvent(prepare(record)) : toEvent;
  const { fold, failures } = folder(request);
  const lastLearnt = new Map<string, StreamEvent>();
  const faults: string[] = [];
  if (learn.length > 0) {
    const learnt = await forEachInTime(learn, map, (event) => {
      lastLearnt.set(principalOf(event), event);
      fold(event);
    });
    faults.push(...learnt.faults);
  }

  const credentials = new Set<string>();
  const accused = new Set<string>();
  let events = 0;
  let detections = 0;
  let stale = 0;
  let staleAfter: BacktestResult['staleAfter'];
  let first: number | undefined;
  let last = 0;
  const counts = await forEachInTime(files, map, (event) => {
    first ??= event.at;
    last = event.at;
    events += 1;
    credentials.add(event.subject);
    const before = lastLearnt.get(principalOf(event));
    if (before && isStale(event, before.at)) {
      stale += 1;
      if (before.at > (staleAfter?.at ?? 0)) staleAfter = { eventId: recordIdOf(source, before.id), at: before.at };
    }
    for (const message of fold(event)) {
      if (!atLeast(message.assessment.severity, from)) continue;
      detections += 1;
      accused.add(event.subject);
      tell(detectionLine(source, message));
    }
  });
  const { records, ignored, malformed } = counts;
  return {
    summary: {
      ...{ events, records, ignored, malformed, stale },
      credentials: credentials.size,
      detections,
      incidents: accused.size,
      alertsPer1000: events === 0 ? 0 : Math.round((detections / events) * 1e6) / 1e3,
      seconds: (last - (first ?? last)) / 1000,
    },
    faults: [...faults, ...counts.faults],
    failures,
    ...(staleAfter ? { staleAfter } : {}),
  };
}

/** All partitions of a deployment in one process. */
function folder({ intel, countries, risk }: Pick<BacktestRequest, 'intel' | 'countries' | 'risk'>): {
  readonly fold: (event: StreamEvent) => readonly Omit<DetectionMessage, 'hold'>[];
  readonly failures: readonly DetectorFailure[];
} {
  const locate = createLocator(countries);
  const options = { locate, ...(intel ? { askList: intel.ask } : {}) };
  const states = Array.from({ length: PARTITIONS }, emptyPartition);
  if (intel) for (const state of states) foldPartition(state, [intel.event], options);
  if (risk)
    for (const state of states)
      foldPartition(state, [{ kind: 'risk', id: 'policy', at: 0, thresholds: risk }], options);
  const failures: DetectorFailure[] = [];
  return {
    failures,
    fold: (event) => {
      const state = states[partitionOf(principalOf(event), PARTITIONS)] ?? emptyPartition();
      const result = foldPartition(state, [event], options);
      for (const failure of result.failures) failures.push(failure);
      return result.messages;
    },
  };
}
