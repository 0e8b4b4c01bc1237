import * as fc from 'fast-check';
import type { IntelEvent, IntelList } from '../../../domain/intel';
import type { PartitionEvent } from '../../../domain/usage-event';
import { listingsOf } from '../../../detectors/listings';
import { foldPartition } from '../../../detectors/partition-fold';
import { emptyPartition } from '../../../detectors/partition-state';
import { SAMPLE_PLACES, SAMPLE_START, sampleUse, steadyLife } from '../../../detectors/sample-life';
import { threatIntel } from '../../../detectors/threat-intel';
import { idsOf, locateIn, throughSnapshot, type Message } from './folding';

const THIEF = '198.51.100.20';
const DAY = 86_400_000;
const UNTIL = SAMPLE_START + 60 * DAY;

function list(more: Partial<IntelList> = {}): IntelList {
  return { name: 'bad', content: 'a'.repeat(64), says: 'hostile', trust: 'medium', until: UNTIL, ...more };
}

function lists(afterMs: number, ...named: IntelList[]): IntelEvent {
  return { kind: 'intel', id: `lists-${afterMs}`, at: SAMPLE_START + afterMs, lists: named };
}

const use = (afterMs: number) => sampleUse({ afterMs, address: THIEF });

function fold(events: readonly PartitionEvent[], sources = 1, entryUntil = 0): readonly Message[] {
  return foldPartition(emptyPartition(), events, {
    locate: locateIn(SAMPLE_PLACES),
    askList: (_content, address) => (address === THIEF ? { until: entryUntil, sources } : undefined),
    detectors: [threatIntel],
  }).messages;
}

test.each<[IntelList['trust'], number, number]>([
  ['low', 1, 0.3],
  ['medium', 1, 0.5],
  ['high', 1, 0.75],
  ['low', 3, 0.5],
  ['low', 5, 0.75],
  ['high', 3, 0.75],
])('a list of trust %s with %d sources is worth %d', (trust, sources, confidence) => {
  const [message] = fold([lists(0, list({ trust })), use(1_000)], sources);

  expect(message?.detection).toMatchObject({ confidence, family: 'intel', deterministic: false });
});

test('the reason names the list and until when it holds', () => {
  const [message] = fold(
    [lists(0, list(), list({ name: 'worse', trust: 'high' })), use(1_000)],
    1,
    (SAMPLE_START + DAY) / 1000,
  );

  expect(message?.detection.reason).toBe(
    `used from ${THIEF}, which the threat list worse and 1 more names (until 2026-01-07T12:00Z)`,
  );
});

test('an older statement that arrives late does not undo a newer one', () => {
  expect(fold([lists(2_000, list()), lists(1_000), use(3_000)])).toHaveLength(1);
});

test('one address alone never gets anything refused: it takes a second witness', () => {
  const [message] = fold([lists(0, list({ trust: 'high' })), use(1_000)], 9);

  expect(message?.assessment.severity).toBe('medium');
});

test('a network it was used from on three days before it was listed is listed for a neighbour', () => {
  const habit = [0, 1, 2].map((day) => use(day * DAY));

  expect(fold([...habit, lists(3 * DAY, list({ trust: 'high' })), use(3 * DAY + 1)])[0]?.detection.confidence).toBe(
    0.3,
  );
  expect(fold([lists(0, list({ trust: 'high' })), ...habit, use(3 * DAY + 1)])[0]?.detection.confidence).toBe(0.75);
});

test('a denied use from a listed address counts, and teaches nothing', () => {
  const denied = [0, 1, 2].map((day) => ({ ...use(day * DAY), outcome: 'authorization' as const }));

  expect(fold([...denied, lists(3 * DAY, list()), use(3 * DAY + 1)])[0]?.detection.confidence).toBe(0.5);
});

test('the fold is a function of its events, wherever it is cut and begun again from a snapshot', () => {
  const events: PartitionEvent[] = [
    ...steadyLife({ count: 30, everyMs: 100 }),
    lists(3_100, list()),
    use(3_200),
    lists(3_300),
    use(3_400),
    lists(3_500, list({ trust: 'high' })),
    ...[3_600, 3_700].map(use),
  ];
  const whole = idsOf(fold(events));

  expect(whole.length).toBeGreaterThan(0);
  fc.assert(
    fc.property(fc.array(fc.integer({ min: 1, max: 9 }), { minLength: 40, maxLength: 40 }), (sizes) => {
      let state = emptyPartition();
      let position = 0;
      const found = sizes.flatMap((size) => {
        const result = foldPartition(throughSnapshot(state), events.slice(position, position + size), {
          locate: locateIn(SAMPLE_PLACES),
          askList: (_content, address) => (address === THIEF ? { until: 0, sources: 1 } : undefined),
          detectors: [threatIntel],
        });
        position += size;
        state = result.state;
        return idsOf(result.messages);
      });

      expect(found).toEqual(whole);
    }),
  );
});

describe('a familiar place', () => {
  const familiar = lists(0, list({ name: 'our-vpn', says: 'familiar' }));
  const life = steadyLife({ count: 60, everyMs: 100, afterMs: 1 });
  const places = { ...SAMPLE_PLACES };
  const spoken = (events: readonly PartitionEvent[]): readonly string[] =>
    foldPartition(emptyPartition(), events, {
      locate: locateIn(places),
      askList: (_content, address) => (address === THIEF ? { until: 0, sources: 1 } : undefined),
    }).messages.map(({ detection }) => detection.detector);

  test('is no news: not its country, not its network, not the way there', () => {
    expect(spoken([...life, use(7_000)])).toEqual(expect.arrayContaining(['new-origin']));
    expect(spoken([familiar, ...life, use(7_000)])).toEqual([]);
  });

  test('silences nobody who speaks of something else', () => {
    const worse = lists(0, list({ name: 'our-vpn', says: 'familiar' }), list({ name: 'worse' }));
    const tool = sampleUse({ afterMs: 7_000, address: THIEF, agent: 'psql/16', action: 'admin' });

    expect(spoken([worse, ...life, use(7_000)])).toEqual(['threat-intel']);
    expect(spoken([familiar, ...life, tool])).toContain('workload-misuse');
  });

  test('becomes no habit: when it is on no list any more, it is news', () => {
    const after = lists(8_000);
    const uses = Array.from({ length: 20 }, (_, index) => use(7_000 + index));

    expect(spoken([familiar, ...life, ...uses, after, use(9_000)])).toContain('new-origin');
  });
});

test('a private address in a broad network of others is another machine; in a network of ours it is what it says', () => {
  const said = (says: IntelList['says']) =>
    listingsOf([list({ says })], use(0), () => ({ until: 0, sources: 1, isPrivate: true })).length;

  expect([said('hostile'), said('familiar')]).toEqual([0, 1]);
});
