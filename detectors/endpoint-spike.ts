import { defineDetector, NO_FINDINGS, type Finding, type Samples, type SubjectFacts } from './detector';
import { teaches } from './learning';
import type { LocatedUsageEvent } from './located-event';
import { forPerson } from './person-text';
import { countUse, countWith, deviations, emptyWindow, type RateWindow } from './rate-window';
import { SAMPLE_PLACES, sampleUse, steadyLife } from './sample-life';
import { entryOf, moveToEnd } from './short-list';

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
  readonly windows: [endpoint: string, window: RateWindow][];
}

/** Many more uses of one endpoint than it usually gets, though the whole may look as ever. */
export const endpointSpike = defineDetector<EndpointState>({
  id: 'endpoint-spike',
  family: 'volume',
  parameters: PARAMETERS,
  initial: () => ({ windows: [] }),
  judge,
  remember,
  samples,
});

function judge(state: EndpointState, { event }: LocatedUsageEvent): readonly Finding[] {
  const { at, action, outcome } = event;
  // Clients that we refuse try again and again: their number says nothing of the thief.
  const window = outcome === 'contained' ? undefined : entryOf(state.windows, action.name)?.[1];
  return window ? judgeWindow(action.name, window, at) : NO_FINDINGS;
}

function remember({ windows }: EndpointState, located: LocatedUsageEvent, facts: SubjectFacts): void {
  const { at, action, outcome } = located.event;
  if (outcome === 'contained') return;
  const { lengthMs, smoothing, endpoints } = PARAMETERS;
  const known = entryOf(windows, action.name);
  if (!known && windows.length >= endpoints) windows.shift();
  const entry: [string, RateWindow] = known ?? [action.name, emptyWindow()];
  countUse(entry[1], at, lengthMs, teaches(located, facts), smoothing);
  if (known) moveToEnd(windows, known);
  else windows.push(entry);
}

function judgeWindow(endpoint: string, window: RateWindow, at: number): readonly Finding[] {
  const { lengthMs, leastUses, leastBuckets, leastRatio, leastDeviations, confidence } = PARAMETERS;
  const { mean, buckets } = window;
  const count = countWith(window, at, lengthMs);
  const isMany = count >= leastUses && buckets >= leastBuckets && count >= mean * leastRatio;
  if (!isMany || deviations(window, count) <= leastDeviations) return NO_FINDINGS;
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
