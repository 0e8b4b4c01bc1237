import { defineDetector, NO_FINDINGS, type Finding, type Samples, type SubjectFacts } from './detector';
import { giveSlot } from './endpoint-slots';
import { teaches } from './learning';
import type { LocatedUsageEvent } from './located-event';
import { forPerson } from './person-text';
import { bucketsOf, countUse, countWith, deviations, EMPTY_WINDOW, meanOf, startOf, WINDOW_SIZE } from './rate-window';
import type { Row, Rows } from './rows';
import { SAMPLE_PLACES, sampleUse, steadyLife } from './sample-life';

const PARAMETERS = {
  /** Buckets of 10 s, smoothing 0.05, 6 deviations, at least 20 uses: reference/detection.md 1.2.9. */
  lengthMs: 10_000,
  smoothing: 0.05,
  leastDeviations: 6,
  leastUses: 20,
  leastRatio: 3,
  leastBuckets: 10,
  /** Endpoints that are counted; the one whose last bucket is the oldest makes room. */
  endpoints: 8,
  confidence: 0.5,
} as const;

/** The marks of its endpoints (marks.ts), and for each a window. */
type EndpointRows = Rows<'marks' | 'windows'>;

/** Many more uses of one endpoint than it usually gets, though the whole may look as ever. */
export const endpointSpike = defineDetector<'marks' | 'windows'>({
  id: 'endpoint-spike',
  family: 'volume',
  parameters: PARAMETERS,
  initial: { marks: [], windows: [] },
  judge,
  remember,
  samples,
});

function judge({ marks, windows }: EndpointRows, located: LocatedUsageEvent): readonly Finding[] {
  const { at, action } = located.event;
  // What failed or was refused is tried again and again by programs: nothing was got, and its number says nothing of the thief.
  if (located.event.outcome !== 'accepted') return NO_FINDINGS;
  const endpoint = marks.indexOf(located.marks.action);
  if (endpoint === -1) return NO_FINDINGS;
  const { lengthMs, leastUses, leastBuckets, leastRatio, leastDeviations, confidence } = PARAMETERS;
  const window = endpoint * WINDOW_SIZE;
  const count = countWith(windows, window, at, lengthMs);
  if (count < leastUses || bucketsOf(windows, window) < leastBuckets) return NO_FINDINGS;
  const mean = meanOf(windows, window);
  if (count < mean * leastRatio || deviations(windows, window, count) <= leastDeviations) return NO_FINDINGS;
  const reason = `${forPerson(action.name)} used ${count} times within 10 s, ${Math.floor(count / mean)} times the usual`;
  return [{ severity: 'low', confidence, deterministic: false, accuses: 'traffic', reason }];
}

function remember(rows: EndpointRows, located: LocatedUsageEvent, facts: SubjectFacts): void {
  if (located.event.outcome !== 'accepted') return;
  const { at } = located.event;
  const { lengthMs, smoothing } = PARAMETERS;
  const { marks, windows } = rows;
  const known = marks.indexOf(located.marks.action);
  const endpoint = known === -1 ? begin(rows, located.marks.action) : known;
  countUse(windows, endpoint * WINDOW_SIZE, { at, clean: teaches(located, facts) }, lengthMs, smoothing);
}

/** Makes room for one more, and says where. */
function begin({ marks, windows }: EndpointRows, mark: number): number {
  const slot = marks.length < PARAMETERS.endpoints ? marks.length : oldest(windows);
  giveSlot({ marks, counts: windows }, slot, mark, EMPTY_WINDOW);
  return slot;
}

function oldest(windows: Row): number {
  const starts = windows.records(WINDOW_SIZE).map((_window, endpoint) => startOf(windows, endpoint * WINDOW_SIZE));
  return starts.indexOf(Math.min(...starts));
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
