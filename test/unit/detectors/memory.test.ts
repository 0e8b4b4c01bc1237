import { longestIdle } from '../../../detectors/eviction';
import { newOrigin } from '../../../detectors/new-origin';
import type { UsageEvent } from '../../../domain/usage-event';
import { consider, distrust, isNew, isWide, learn, NONE_KNOWN } from '../../../detectors/known-values';
import { markOf } from '../../../detectors/marks';
import { emptyPartition, emptySubject } from '../../../detectors/partition-state';
import { placeRows } from '../../../detectors/rows';
import { SAMPLE_PLACES, SAMPLE_START, sampleControl, sampleUse, steadyLife } from '../../../detectors/sample-life';
import { foldAll, newSubjectInHand } from './folding';

const DAY_MS = 86_400_000;

const { values } = placeRows('test', { values: NONE_KNOWN });

describe('known values', () => {
  const [home, away] = [markOf('home'), markOf('away')];
  const knowHome = (): void => {
    newSubjectInHand();
    learn(values, home, 0);
  };
  const onDaysAlso = (days: readonly number[]): void => {
    for (const day of days) consider(values, away, day);
  };
  const onDays = (days: readonly number[]): void => {
    knowHome();
    for (const day of days) consider(values, away, day);
  };

  test('nothing is new while nothing is known, and what has no mark never is', () => {
    newSubjectInHand();
    expect(isNew(values, away, 0)).toBe(false);
    knowHome();
    expect(isNew(values, away, 0)).toBe(true);
    expect(isNew(values, markOf(''), 0)).toBe(false);
  });

  test('a value becomes known on its third day, not on its third use', () => {
    onDays([1, 1, 1]);
    expect(isNew(values, away, 1)).toBe(true);
    onDays([1, 2]);
    expect(isNew(values, away, 2)).toBe(true);
    onDays([1, 2, 5]);
    expect(isNew(values, away, 5)).toBe(false);
  });

  test('suspicion begins the days anew', () => {
    onDays([1, 2]);
    distrust(values, away);
    consider(values, away, 3);

    expect(isNew(values, away, 3)).toBe(true);
  });

  test('a value not used for a month in which another was is forgotten, and none while none is used', () => {
    knowHome();
    const moved = markOf('moved to');
    expect(isNew(values, home, 400)).toBe(false);
    learn(values, moved, 30);
    expect(isNew(values, home, 400)).toBe(false);
    learn(values, moved, 400);
    expect(isNew(values, home, 400)).toBe(false);
    learn(values, moved, 401);
    expect(isNew(values, home, 401)).toBe(true);
  });

  test('of many unknown values sixteen at a time become known, until so many are normal', () => {
    knowHome();
    const names = Array.from({ length: 40 }, (_, index) => `n${index}`);
    const knownOn = [3, 6, 9].map((day) => {
      for (const today of [day - 2, day - 1, day]) for (const name of names) consider(values, markOf(name), today);
      return names.filter((name) => !isNew(values, markOf(name), day)).length;
    });

    expect(knownOn).toEqual([16, 40, 40]);
  });

  test('what came once makes room for what comes later', () => {
    knowHome();
    for (let index = 0; index < 16; index++) consider(values, markOf(`n${index}`), 1);
    onDaysAlso([3, 4, 5]);

    expect(isNew(values, away, 5)).toBe(false);
  });

  test('where very many are normal, one more says nothing', () => {
    newSubjectInHand();
    for (let index = 0; index < 400; index++) learn(values, markOf(`n${index}`), 0);

    expect(isWide(values)).toBe(true);
    expect(values.length).toBe(2 + 2 * 32);
    expect(isNew(values, markOf('another'), 0)).toBe(false);
  });

  test('until few were used for a month', () => {
    newSubjectInHand();
    for (let index = 0; index < 40; index++) learn(values, markOf(`n${index}`), 0);
    distrust(values, markOf('n39'));
    const wideOn = [1, 10, 20, 30, 31, 32].filter((day) => {
      for (let index = 0; index < 24; index++) learn(values, markOf(`later${index}`), day);
      return isWide(values);
    });

    expect(wideOn).toEqual([1, 10, 20, 30, 31]);
    expect([isNew(values, markOf('later7'), 32), isNew(values, markOf('another'), 32)]).toEqual([false, true]);
  });

  test('and stay wide where many are used', () => {
    newSubjectInHand();
    for (let day = 0; day < 200; day++) for (const n of [1, 2]) learn(values, markOf(`n${(2 * day + n) % 60}`), day);

    expect(isWide(values)).toBe(true);
  });

  test('what was stored as wide is learnt again', () => {
    newSubjectInHand();
    values.replace([-1]);
    learn(values, home, 100);
    expect([isWide(values), isNew(values, away, 100)]).toEqual([true, false]);
    learn(values, home, 131);
    expect([isWide(values), isNew(values, away, 131)]).toEqual([false, true]);
  });
});

test('an operator that is new is news of one that comes from very many networks', () => {
  const many = Array.from({ length: 50 }, (_, n) => `10.0.${n}.1`);
  const places = {
    ...Object.fromEntries(many.map((address) => [address, { network: address, country: 'DE', asn: 1 }])),
    '198.51.100.20': { network: 'elsewhere', country: 'DE', asn: 2 },
  };
  const life = Array.from({ length: 500 }, (_, n) => sampleUse({ afterMs: n * 100, address: many[n % 50] ?? '' }));
  const later = sampleUse({ afterMs: 60_000, address: '198.51.100.20' });

  const { messages } = foldAll([...life, later], places, [newOrigin]);

  expect(messages).toMatchObject([{ detection: { eventIds: [later.id] } }]);
  expect(messages[0]?.detection.reason).toContain('of another operator, AS2');
});

test('a service that begins by asking who it is becomes known where it moved to', () => {
  const asks = (use: UsageEvent) => ({
    ...use,
    id: `${use.id}-who`,
    action: { kind: 'read' as const, name: 'GET /me' },
  });
  const places = { ...SAMPLE_PLACES, '192.0.2.99': { network: 'another', country: 'DE' } };
  const day = (n: number, address: string) =>
    Array.from({ length: 24 }, (_, hour) => sampleUse({ afterMs: n * DAY_MS + hour * 3_600_000, address })).flatMap(
      (use) => [asks(use), use],
    );
  const life = [0, 1, 2, 3].flatMap((n) => day(n, '192.0.2.10'));
  const moved = Array.from({ length: 14 }, (_, n) => day(4 + n, '192.0.2.99'));

  const { messages } = foldAll([...life, ...moved.flat()], places);
  const toldOn = new Set(messages.map(({ detection: { at } }) => Math.floor((at - SAMPLE_START) / DAY_MS)));

  expect(toldOn.has(4)).toBe(true);
  expect([...toldOn].filter((n) => n > 10)).toEqual([]);
});

test('a service that moved is reported on three days, and known after that', () => {
  const life = steadyLife({ count: 60, everyMs: 100 });
  const moved = [1, 2, 3, 4].map((day) => sampleUse({ afterMs: day * DAY_MS, address: '192.0.2.99' }));
  const places = { ...SAMPLE_PLACES, '192.0.2.99': { network: 'another', country: 'DE' } };

  const { messages } = foldAll([...life, ...moved], places);

  expect(messages.map(({ detection }) => detection.eventIds.at(-1))).toEqual([
    moved[0]?.id,
    moved[1]?.id,
    moved[2]?.id,
  ]);
});

test('a flood does not teach that floods are usual', () => {
  const life = (afterMs: number, seconds: number) => steadyLife({ count: seconds * 20, everyMs: 50, afterMs });
  const flood = (afterMs: number) =>
    steadyLife({ count: 6_000, everyMs: 5, afterMs, address: '198.51.100.20', agent: 'x' });
  const second = flood(3_700_000);

  const { messages } = foldAll([...life(0, 20), ...flood(20_000), ...life(3_650_000, 50), ...second], SAMPLE_PLACES);

  const volume = messages.filter(({ detection }) => detection.family === 'volume');
  expect(volume.some(({ detection }) => detection.at >= (second[0]?.at ?? Infinity))).toBe(true);
});

test('of a full partition those idle longest go, and the listed ones last', () => {
  const state = emptyPartition();
  for (let index = 0; index < 21; index++) {
    const name = `id:sample:${index}`;
    state.subjects.set(name, {
      ...emptySubject(name),
      lastAt: index,
      listed: index === 0 ? 'revoked' : 'none',
    });
  }

  expect(longestIdle(state, 21)).toEqual([]);
  expect(longestIdle(state, 20).map(([name]) => name)).toEqual(['id:sample:1', 'id:sample:2', 'id:sample:3']);
  // Of far too many a fifth of the limit goes at once.
  expect(longestIdle(state, 10).map(([name]) => name)).toEqual(['id:sample:1', 'id:sample:2']);
});

test('what was idle for 400 days is forgotten when it is used again, and what is listed never', () => {
  const life = steadyLife({ count: 60, everyMs: 100 });
  const elsewhere = sampleUse({ afterMs: 401 * DAY_MS, address: '198.51.100.20', agent: 'sqlmap/1.7' });

  expect(foldAll([...life, elsewhere], SAMPLE_PLACES).messages).toEqual([]);
  const listed = foldAll([...life, sampleControl(7_000, 'revoked'), elsewhere], SAMPLE_PLACES);
  expect(listed.messages.map(({ detection }) => detection.family)).toContain('listed');
});
