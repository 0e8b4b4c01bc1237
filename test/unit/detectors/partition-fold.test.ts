import fc from 'fast-check';
import { DEFAULT_RISK } from '../../../domain/risk';
import type { RiskEvent } from '../../../domain/risk-event';
import type { PartitionEvent, StreamEvent } from '../../../domain/usage-event';
import { defineDetector, NO_FINDINGS } from '../../../detectors/detector';
import { foldPartition, type FoldResult } from '../../../detectors/partition-fold';
import { emptyPartition, type PartitionState } from '../../../detectors/partition-state';
import { NO_IDS } from '../../../detectors/recent-ids';
import { DETECTORS } from '../../../detectors/registry';
import { storedRows } from '../../../detectors/rows';
import {
  SAMPLE_PLACES,
  SAMPLE_START,
  SAMPLE_SUBJECT,
  sampleControl,
  sampleUse,
  steadyLife,
} from '../../../detectors/sample-life';
import { publicIdSubject } from '../../../domain/subject';
import { partitionJson } from '../../../detectors/stored-state';
import { foldAll, idsOf, inOrder, locateIn, rowsOf, throughSnapshot } from './folding';
import { KillableWorker, meaningOf } from './killable-worker';

/** Each run folds some hundred events; this many keep the file under three seconds. */
const RUNS = { numRuns: 30 };

const options = { locate: locateIn(SAMPLE_PLACES) };
const life = steadyLife({ count: 60, everyMs: 100 });
const thief = sampleUse({ afterMs: 7_000, address: '198.51.100.20', agent: 'sqlmap/1.7' });

/** Any mix of ordinary, strange, refused and controlling events of two subjects, roughly in time. */
const anyUse: fc.Arbitrary<StreamEvent> = fc
  .record({
    afterMs: fc.integer({ min: 0, max: 600_000 }),
    address: fc.constantFrom('', ...Object.keys(SAMPLE_PLACES)),
    agent: fc.constantFrom('orders-api/1', 'psql', 'curl/8', '__proto__', ''),
    action: fc.constantFrom('read' as const, 'write' as const),
    outcome: fc.constantFrom('accepted' as const, 'accepted' as const, 'contained' as const, 'authentication' as const),
    subject: fc.constantFrom(SAMPLE_SUBJECT, publicIdSubject('sample', 'other')),
    mark: fc.nat(1_000).map(String),
    listed: fc.option(fc.constantFrom('revoked' as const, 'leaked' as const, 'none' as const), { freq: 30 }),
  })
  .map(({ listed, ...use }) => (listed ? sampleControl(use.afterMs, listed) : sampleUse(use)));

const anyPace: fc.Arbitrary<PartitionEvent> = fc.record({
  kind: fc.constant('pace' as const),
  id: fc.nat(1_000).map((number) => `pace-${number}`),
  at: fc.integer({ min: SAMPLE_START, max: SAMPLE_START + 600_000 }),
  sheds: fc.constantFrom('learning' as const, 'nothing' as const),
});

const anyRisk: fc.Arbitrary<PartitionEvent> = fc.record({
  kind: fc.constant('risk' as const),
  id: fc.nat(1_000).map((number) => `risk-${number}`),
  at: fc.integer({ min: SAMPLE_START, max: SAMPLE_START + 600_000 }),
  thresholds: fc.constantFrom(DEFAULT_RISK, { ...DEFAULT_RISK, confident: 0.6, strong: 0.5, halfLifeMinutes: 5 }),
});

const anyEvent: fc.Arbitrary<PartitionEvent> = fc.oneof(
  { weight: 15, arbitrary: anyUse },
  { weight: 1, arbitrary: anyPace },
  { weight: 1, arbitrary: anyRisk },
);

const anyEvents = fc
  .array(anyEvent, { minLength: 1, maxLength: 120 })
  .map((events) => [...life.map((use): PartitionEvent => use), ...events.sort((a, b) => a.at - b.at)]);

/** Subjects of several shards, the sample's life among them. */
const MANY = [SAMPLE_SUBJECT, ...Array.from({ length: 7 }, (_, index) => publicIdSubject('sample', `other-${index}`))];

/** Out of order by up to the whole, and with years between, so that the partition's clock decides who is forgotten. */
const eventsOfMany = fc
  .array(
    fc
      .tuple(anyEvent, fc.constantFrom(...MANY), fc.constantFrom(...MANY), fc.constantFrom(0, 0, 0, 401, 802))
      .map(([event, subject, principal, days]) => ({
        ...event,
        ...('subject' in event ? { subject } : {}),
        // A key of its own, or a session of another.
        ...(event.kind === 'usage' && principal !== subject ? { principal } : {}),
        at: event.at + days * 86_400_000,
      })),
    { minLength: 1, maxLength: 150 },
  )
  .map((events) => [...life.map((use): PartitionEvent => use), ...events]);

describe('folding', () => {
  test('gives the same detections in one batch and in many', () => {
    fc.assert(
      fc.property(anyEvents, fc.array(fc.integer({ min: 1, max: 40 }), { minLength: 1 }), (events, sizes) => {
        let state = emptyPartition();
        const messages = [];
        for (let start = 0, turn = 0; start < events.length; turn++) {
          const size = sizes[turn % sizes.length] ?? 1;
          const result = foldPartition(state, events.slice(start, start + size), options);
          messages.push(...result.messages);
          state = result.state;
          start += size;
        }

        const whole = foldAll(events, SAMPLE_PLACES);
        expect(messages).toEqual(whole.messages);
        expect(state).toEqual(whole.state);
      }),
      RUNS,
    );
  });

  test('gives the same detections and states under any schedule of snapshot chunks, kills and subjects put away', () => {
    const step = fc.record({
      fold: fc.integer({ min: 1, max: 30 }),
      putsAway: fc.nat(MANY.length),
      /** The length of each chunk that is written. */
      chunks: fc.array(fc.nat(20_000), { maxLength: 4 }),
      killed: fc.boolean(),
    });
    fc.assert(
      fc.property(eventsOfMany, fc.array(step, { minLength: 1, maxLength: 60 }), (events, steps) => {
        const worker = new KillableWorker(events);
        for (const { fold, putsAway, chunks, killed } of steps) {
          worker.fold(fold);
          worker.putAway(putsAway);
          for (const length of chunks) worker.save(length);
          if (killed) worker.restart();
        }
        worker.fold(Infinity);

        const whole = foldAll(events, SAMPLE_PLACES);
        expect(worker.published).toEqual(new Map(whole.messages.map((message) => [message.detection.id, message])));
        expect(meaningOf(worker.state)).toEqual(meaningOf(whole.state));
      }),
      RUNS,
    );
  });

  test('is not moved by immediate repetitions', () => {
    fc.assert(
      fc.property(anyEvents, fc.integer({ min: 2, max: 3 }), (events, times) => {
        // Ids must be unique, or a repetition in the list itself would be a repetition at a distance.
        const once = events.map((event, index) => ({ ...event, id: `${index}-${event.id}` }));
        const repeated = once.flatMap((event) => Array.from({ length: times }, () => event));

        expect(foldAll(repeated, SAMPLE_PLACES)).toEqual(foldAll(once, SAMPLE_PLACES));
      }),
      RUNS,
    );
  });

  test('gives a repetition older than the memory the same ids', () => {
    const once = foldAll([...life, thief], SAMPLE_PLACES);
    const later = steadyLife({ count: NO_IDS.length + 1, everyMs: 100, afterMs: 7_100 });
    const twice = foldAll([...life, thief, ...later, thief], SAMPLE_PLACES);

    expect(new Set(idsOf(twice.messages))).toEqual(new Set(idsOf(once.messages)));
  });
});

describe('the thresholds of a policy', () => {
  const surer: RiskEvent = {
    kind: 'risk',
    id: 'risk-1',
    at: SAMPLE_START + 6_500,
    thresholds: { ...DEFAULT_RISK, confident: 0.95, harmful: 0.99 },
  };
  /** Two families say it, 0.9 sure together. */
  const stranger = sampleUse({ afterMs: 7_000, address: '198.51.100.20' });
  const severityAfter = (...events: readonly PartitionEvent[]) =>
    foldAll([...life, ...events, stranger], SAMPLE_PLACES).messages.at(-1)?.assessment.severity;

  test('are in force for what comes after them, and no others', () => {
    expect(severityAfter()).toBe('high');
    expect(severityAfter(surer)).toBe('medium');
    expect(severityAfter(surer, { ...surer, at: surer.at + 1, thresholds: DEFAULT_RISK })).toBe('high');
    expect(foldAll([...life, stranger, surer], SAMPLE_PLACES).messages.at(-1)?.assessment.severity).toBe('high');
  });

  test('are not undone by older ones that arrive late', () => {
    expect(severityAfter(surer, { ...surer, at: surer.at - 1, thresholds: DEFAULT_RISK })).toBe('medium');
  });

  test('stay in force through a snapshot', () => {
    const { state } = foldAll([...life, surer], SAMPLE_PLACES);

    const { messages } = foldPartition(throughSnapshot(state), [stranger], options);

    expect(messages.at(-1)?.assessment.severity).toBe('medium');
  });
});

describe('the events that prove it', () => {
  const strange = (count: number) =>
    Array.from({ length: count }, (_, index) => ({ ...thief, id: `strange-${index}`, at: thief.at + index * 10_000 }));
  const eventIdsOf = ({ messages }: FoldResult) =>
    messages.filter(({ detection }) => detection.detector === 'new-origin').map(({ detection }) => detection.eventIds);

  test('are named with the one that completed it last', () => {
    const told = eventIdsOf(foldAll([...life, ...strange(8)], SAMPLE_PLACES));

    expect(told).toEqual([['strange-0'], Array.from({ length: 7 }, (_, index) => `strange-${index}`)]);
  });

  test('are the first and the latest of many', () => {
    const told = eventIdsOf(foldAll([...life, ...strange(25)], SAMPLE_PLACES));

    expect(told.at(-1)).toEqual(['strange-0', ...[18, 19, 20, 21, 22, 23, 24].map((index) => `strange-${index}`)]);
  });

  test('are those of every family, though the first one told nothing grave', () => {
    const stranger = sampleUse({ afterMs: 7_000, address: '203.0.113.30', mark: 'low' });
    const person = sampleUse({ afterMs: 8_000, agent: 'psql', mark: 'grave' });
    const { messages } = foldAll([...life, stranger, person], SAMPLE_PLACES);

    const grave = messages.find(({ detection }) => detection.family === 'workload');
    expect(grave?.detection.eventIds).toEqual([stranger.id, person.id]);
  });

  test('keep the one that the strongest word came from', () => {
    const weaker = strange(25).map((use) => ({ ...use, client: { ...use.client, agent: 'orders-api/1.0' } }));
    const strongest = { ...thief, id: 'strongest', at: thief.at + 5_000 };
    const person = sampleUse({ afterMs: 300_000, agent: 'psql', mark: 'last' });
    const { messages } = foldAll([...inOrder(life, weaker, [strongest]), person], SAMPLE_PLACES);

    const ids = messages.find(({ detection }) => detection.family === 'workload')?.detection.eventIds;
    expect(ids).toEqual(expect.arrayContaining(['strange-0', 'strongest', 'strange-24', person.id]));
  });

  test('are no others than before once the evidence has decayed, or a person has settled it', () => {
    const again = { ...thief, id: 'again', at: thief.at + 5 * 3_600_000 };

    expect(eventIdsOf(foldAll([...life, thief, again], SAMPLE_PLACES)).at(-1)).toEqual(['again']);
    expect(eventIdsOf(foldAll([...life, thief, sampleControl(8_000, 'none'), again], SAMPLE_PLACES)).at(-1)).toEqual([
      'again',
    ]);
  });

  test('are those that came since, where a stored snapshot knew of none', () => {
    const { state } = foldAll([...life, thief], SAMPLE_PLACES);
    const subject = state.subjects.get(SAMPLE_SUBJECT);
    if (subject) subject.evidence = subject.evidence.map(({ eventIds: _none, ...evidence }) => evidence);

    const result = foldPartition(throughSnapshot(state), [{ ...thief, id: 'again', at: thief.at + 60_000 }], options);

    expect(eventIdsOf(result)).toEqual([['again']]);
  });
});

describe('times that do not fit', () => {
  test('a future-dated event is judged at the time it was stored', () => {
    const future = { ...thief, at: SAMPLE_START + 90 * 86_400_000 };
    const { state } = foldPartition(emptyPartition(), life, options);

    const result = foldPartition(state, [future], { ...options, storedAt: SAMPLE_START + 7_000 });

    expect(result.messages[0]?.detection.at).toBe(SAMPLE_START + 7_000);
    expect(result.state.clock).toBe(SAMPLE_START + 7_000);
  });

  test('a stale event teaches nothing and is judged by facts only', () => {
    const { state } = foldPartition(emptyPartition(), steadyLife({ count: 60, everyMs: 120_000 }), options);
    const remembered = (of: PartitionState) => {
      const { 'recent-ids': _ids, ...rows } = storedRows(of.subjects.get(SAMPLE_SUBJECT)?.numbers ?? []);
      return rows;
    };
    const before = remembered(state);

    const result = foldPartition(state, [{ ...thief, at: SAMPLE_START }], options);

    expect(result.messages).toEqual([]);
    expect(before).toHaveProperty('new-origin');
    expect(remembered(result.state)).toEqual(before);
  });

  test('an older statement that arrives late does not undo a newer one', () => {
    const { messages } = foldAll(
      [sampleControl(1_000, 'honeytoken'), sampleControl(500, 'none'), sampleUse({ afterMs: 2_000 })],
      SAMPLE_PLACES,
    );

    expect(messages[0]?.assessment).toMatchObject({ severity: 'critical', deterministic: true });
  });
});

describe('what teaches nothing', () => {
  const strange = { address: '198.51.100.20', agent: 'sqlmap/1.7' };

  test.each([
    ['contained', { outcome: 'contained' as const }],
    ['refused', { outcome: 'authorization' as const }],
    ['our own probe', { probe: 'verify' }],
  ])('%s use', (_title, how) => {
    const uses = steadyLife({ count: 60, everyMs: 10, afterMs: 1_000, ...strange, ...how });
    const { messages } = foldAll([...life.slice(0, 9), ...uses, ...life.slice(9), thief], SAMPLE_PLACES);

    expect(messages.some((message) => message.detection.eventIds.includes(thief.id))).toBe(true);
  });

  test('use that any other detector objects to', () => {
    const day = 86_400_000;
    // Too long after the owner's last use to be impossible travel; a new origin all the same.
    const slow = sampleUse({ afterMs: 2 * day, ...strange });
    const owner = steadyLife({ count: 5, everyMs: 100, afterMs: 2 * day + 1_000 });
    const again = sampleUse({ afterMs: 2 * day + 2_000, ...strange });

    const { messages } = foldAll([...life, slow, ...owner, again], SAMPLE_PLACES);

    expect(messages.map(({ detection }) => [detection.family, detection.eventIds.at(-1)])).toEqual([
      ['origin', slow.id],
      ['travel', again.id],
    ]);
  });

  test('a probe raises nothing, even of a honeytoken', () => {
    const events = [sampleControl(0, 'honeytoken'), sampleUse({ afterMs: 1, probe: 'verify' })];

    expect(foldAll(events, SAMPLE_PLACES).messages).toEqual([]);
  });
});

describe('a revoked version', () => {
  const revoked = sampleControl(6_500, 'revoked');

  test('refused use is a tripwire: low, from wherever it comes, and once an hour', () => {
    const tries = steadyLife({
      count: 500,
      everyMs: 1_000,
      afterMs: 70_000,
      address: '198.51.100.20',
      agent: 'sqlmap',
      outcome: 'contained',
      action: 'write',
    });
    const { messages } = foldAll([...life, revoked, ...tries], SAMPLE_PLACES);

    expect(messages.map((message) => message.assessment.severity)).toEqual(['low']);
  });

  test('accepted use past the propagation time is critical', () => {
    const { messages } = foldAll([...life, revoked, sampleUse({ afterMs: 90_000 })], SAMPLE_PLACES);

    expect(messages.map((message) => message.assessment.severity)).toEqual(['critical']);
  });
});

test('a leaked version in its owner’s hands is high and not critical, writes or not', () => {
  const uses = steadyLife({ count: 20, everyMs: 100, afterMs: 7_000, action: 'write' });
  const { messages } = foldAll([...life, sampleControl(6_500, 'leaked'), ...uses], SAMPLE_PLACES);

  expect(messages.map((message) => message.assessment.severity)).toEqual(['high']);
});

test('a detector that throws is named, and stops nobody else', () => {
  const broken = defineDetector({
    id: 'broken',
    family: 'volume',
    parameters: {},
    initial: {},
    judge: () => {
      throw new TypeError('secret text');
    },
    samples: () => ({ positives: [], nearMisses: [] }),
  });

  const { messages, failures } = foldAll([...life, thief], SAMPLE_PLACES, [broken, ...DETECTORS]);

  expect(idsOf(messages)).toEqual(idsOf(foldAll([...life, thief], SAMPLE_PLACES).messages));
  expect(failures).toHaveLength(life.length + 1);
  expect(failures[0]).toEqual({ code: 'DETECTOR_FAILED', detector: 'broken', event: life[0], cause: 'TypeError' });
});

test.each(['judges', 'remembers'])('a detector that throws once, when it %s, goes on with the state it had', (when) => {
  const throwOnce = (now: string, { id }: { readonly id: string }) => {
    if (now === when && id === life[30]?.id) throw new TypeError('once');
  };
  const counts = defineDetector({
    id: 'counts',
    family: 'volume',
    parameters: {},
    initial: { uses: [0] },
    judge: (_rows, { event }) => {
      throwOnce('judges', event);
      return NO_FINDINGS;
    },
    remember: ({ uses }, { event }) => {
      throwOnce('remembers', event);
      uses.add(0, 1);
    },
    samples: () => ({ positives: [], nearMisses: [] }),
  });

  const { state, failures } = foldAll(life, SAMPLE_PLACES, [counts]);

  expect(rowsOf(state.subjects.get(SAMPLE_SUBJECT), 'counts')).toEqual({ uses: [life.length - 1] });
  expect(failures).toHaveLength(1);
});

describe('forgetting', () => {
  const later = (days: number, subject = SAMPLE_SUBJECT) =>
    sampleUse({ afterMs: days * 86_400_000, subject, address: '198.51.100.20', agent: 'sqlmap/1.7' });

  test('a subject idle for 400 days is learnt anew, by the clock of the events', () => {
    const clockOn = (days: number) => later(days, publicIdSubject('sample', 'other'));

    expect(foldAll([...life, clockOn(399), later(1)], SAMPLE_PLACES).messages).not.toEqual([]);
    expect(foldAll([...life, clockOn(401), later(1)], SAMPLE_PLACES).messages).toEqual([]);
  });

  test('a statement older than a month is remembered', () => {
    const stated = { ...sampleControl(0, 'revoked'), subject: publicIdSubject('sample', 'other') };
    const { state } = foldAll([later(40), stated], SAMPLE_PLACES);

    expect(state.subjects.get(stated.subject)?.listed).toBe('revoked');
  });

  test('a listed one stays', () => {
    const { state } = foldAll([...life, sampleControl(6_500, 'revoked'), later(90)], SAMPLE_PLACES);

    expect(state.subjects.get(SAMPLE_SUBJECT)?.listed).toBe('revoked');
  });

  test.each([
    ['before a snapshot', true],
    ['and the worker dies before the next snapshot', false],
  ])('one that was put away listed, %s, does not come back listed when it no longer is', (_when, isSaved) => {
    const [stranger, other] = [publicIdSubject('sample', 'stranger'), publicIdSubject('sample', 'other')];
    const worker = new KillableWorker([
      sampleControl(0, 'revoked'),
      sampleControl(1_000, 'none'),
      later(40, other),
      later(40, stranger),
      later(41),
    ]);
    worker.fold(1);
    worker.putAway(1);
    if (isSaved) worker.save(Infinity);
    worker.restart();
    worker.fold(3);
    // Whoever it is: from now on those who are not in memory are looked for.
    worker.putAway(2);
    worker.fold(1);

    expect(worker.state.subjects.get(SAMPLE_SUBJECT)?.listed).toBe('none');
    expect(worker.published).toEqual(new Map());
  });
});

test('a subject’s state stays small, whatever an attacker sends', () => {
  const uses = Array.from({ length: 5_000 }, (_, index) => ({
    ...sampleUse({
      afterMs: 10_000 + index,
      address: `10.${index % 250}.${Math.floor(index / 250)}.1`,
      agent: `a${index}x${'y'.repeat(400)}`,
    }),
    // As long as an id may be.
    id: String(index).padStart(200, 'i'),
    action: { kind: 'read' as const, name: `GET /${index % 40}/${index}/${'z'.repeat(400)}` },
    outcome: index % 3 === 0 ? ('authorization' as const) : ('accepted' as const),
    rules: [{ id: `rule-${index % 100}`, title: 'a rule', level: 'low' as const, burst: 3 }],
  }));
  const places = Object.fromEntries(
    uses.map(({ client }, index) => [
      client.address,
      { network: client.address, country: ['BR', 'DE', 'US'][index % 3] ?? '', asn: index + 1 },
    ]),
  );
  const { state, failures } = foldAll([...life, ...uses], { ...SAMPLE_PLACES, ...places });
  const length = partitionJson(throughSnapshot(state)).length;

  expect(failures).toEqual([]);
  expect(length).toBeGreaterThan(5_000);
  expect(length).toBeLessThan(24_000);
});

test.each(['', ':', ':x', ' /', 'GET /', 'x:'])('no detector fails at an action named "%s"', (name) => {
  const named = steadyLife({ count: 200, everyMs: 60_000 }).map((use, index) =>
    index % 2 === 0 ? { ...use, action: { ...use.action, name } } : use,
  );

  expect(foldAll(named, SAMPLE_PLACES).failures).toEqual([]);
});

test('that nothing is known against a subject settles the evidence, and what was said is no news', () => {
  const caught = foldAll([...life, thief], SAMPLE_PLACES);
  expect(caught.state.subjects.get(SAMPLE_SUBJECT)?.evidence.length).toBeGreaterThan(0);

  const settled = foldPartition(caught.state, [sampleControl(7_100, 'none')], options);
  expect(settled.state.subjects.get(SAMPLE_SUBJECT)?.evidence).toEqual([]);

  const again = foldPartition(settled.state, [{ ...thief, id: 'again', at: thief.at + 200 }], options);
  expect(again.messages).toEqual([]);
});
