import { defineDetector, NO_FINDINGS, type Finding, type Reduction, type Samples, type SubjectFacts } from './detector';
import { teaches } from './learning';
import type { LocatedUsageEvent } from './located-event';
import { forPerson } from './person-text';
import { countUse, deviations, EMPTY_WINDOW, type RateWindow } from './rate-window';
import { SAMPLE_PLACES, sampleUse, steadyLife } from './sample-life';

const PARAMETERS = {
  /** Buckets of 10 s, smoothing 0.05, 6 deviations, at least 20 uses: reference/detection.md 1.2.9. */
  lengthMs: 10_000,
  smoothing: 0.05,
  leastDeviations: 6,
  leastUses: 20,
  leastRatio: 3,
  leastBuckets: 10,
  /** Endpoints that are counted; the one that was not used for longest makes room. */
  endpoints: 8,
  confidence: 0.5,
} as const;

interface EndpointState {
  /** Pairs, since clients choose the names. The last used comes last. */
  readonly windows: readonly (readonly [endpoint: string, window: RateWindow])[];
}

/** Many more uses of one endpoint than it usually gets, though the whole may look as ever. */
export const endpointSpike = defineDetector<EndpointState>({
  id: 'endpoint-spike',
  family: 'volume',
  parameters: PARAMETERS,
  initial: () => ({ windows: [] }),
  reduce,
  samples,
});

function reduce(state: EndpointState, located: LocatedUsageEvent, facts: SubjectFacts): Reduction<EndpointState> {
  const { at, action, outcome } = located.event;
  // Clients that we refuse try again and again: their number says nothing of the thief.
  if (outcome === 'contained') return { state, findings: NO_FINDINGS };
  const { lengthMs, smoothing, endpoints } = PARAMETERS;
  const before = state.windows.find(([endpoint]) => endpoint === action.name)?.[1] ?? EMPTY_WINDOW;
  const window = countUse(before, at, lengthMs, teaches(located, facts), smoothing);
  const others = state.windows.filter(([endpoint]) => endpoint !== action.name).slice(1 - endpoints);
  return { state: { windows: [...others, [action.name, window]] }, findings: judge(action.name, window) };
}

function judge(endpoint: string, window: RateWindow): readonly Finding[] {
  const { leastUses, leastBuckets, leastRatio, leastDeviations, confidence } = PARAMETERS;
  const { count, mean, buckets } = window;
  const isMany = count >= leastUses && buckets >= leastBuckets && count >= mean * leastRatio;
  if (!isMany || deviations(window) <= leastDeviations) return NO_FINDINGS;
  const reason = `${forPerson(endpoint)} used ${count} times within 10 s, ${Math.floor(count / mean)} times the usual`;
  return [{ severity: 'low', confidence, deterministic: false, accuses: 'traffic', reason }];
}

function samples(): Samples {
  const places = SAMPLE_PLACES;
  const exports = (count: number, everyMs: number, afterMs: number) =>
    Array.from({ length: count }, (_, index) => ({
      ...sampleUse({ afterMs: afterMs + index * everyMs, mark: 'export' }),
      action: { kind: 'read' as const, name: 'GET /exports/*' },
    }));
  // Twenty uses a second of everything; of exports one in five seconds.
  const life = [...steadyLife({ count: 4_000, everyMs: 50 }), ...exports(40, 5_000, 10)].sort((a, b) => a.at - b.at);
  return {
    positives: [{ title: 'exports in bulk, among much else', events: [...life, ...exports(60, 100, 201_000)], places }],
    nearMisses: [
      { title: 'a few exports more', events: [...life, ...exports(10, 500, 201_000)], places },
      {
        title: 'an endpoint that was never used before',
        events: [
          ...life,
          ...exports(60, 100, 201_000).map((use) => ({ ...use, action: { ...use.action, name: 'GET /new' } })),
        ],
        places,
      },
    ],
  };
}
