import { markOf } from '../../../detectors/marks';
import { NO_IDS } from '../../../detectors/recent-ids';
import { storedRows } from '../../../detectors/rows';
import { restorePartition } from '../../../detectors/stored-state';

const values = (known: readonly unknown[], pending: readonly unknown[] = [], wide = false) => ({
  known,
  pending,
  wide,
});
const window = { start: 1_767_704_340_000, count: 3, clean: 2, mean: 1.5, variance: 0.25, buckets: 59 };
const ramp = { quarter: 1_964_115, uses: 15, clean: 14, high: 1, most: 13, quarters: 3, usual: 12.5, days: 2 };

/** A subject as it was stored until 2026-11-30, with something in each detector's state. */
const OLD_SUBJECT = {
  lastAt: 1_767_704_340_030,
  recent: [60_122_450_803_570, 24_311_188_731_317],
  nextRecent: 2,
  listed: 'revoked',
  listedAt: 1_767_704_000_000,
  cleanUses: 60,
  cleanSince: 1_767_700_800_030,
  evidence: [],
  spoken: {},
  detectors: {
    'listed-credential': {},
    'new-origin': {
      agents: values([['service', 20_459]], [['curl', 2, 20_458]]),
      networks: values([], [], true),
      systems: values([['AS16509', 20_459]]),
      countries: values([['DE', 20_459]]),
      usesSinceNews: 10,
    },
    'impossible-travel': { places: [['DE', 1_767_704_340_000]] },
    'many-networks': {
      seen: [{ network: 'a', country: 'DE', asn: 3320, firstAt: 1, lastAt: 2, usual: true }],
      usual: 1,
    },
    'workload-misuse': { agents: values([['service', 20_459]]) },
    'outside-cloud': { places: values([['Amazon Web Services', 20_459]]), uses: 60, since: 1_767_700_800_030 },
    'rate-spike': { short: window, long: { ...window, count: 4 } },
    'rule-match': { habits: values([['-', 20_459]]), bursts: [['rule', { from: 5, count: 6 }]] },
    'privilege-probing': { denials: { from: 7, count: 8 }, actions: ['GET /a'], usual: 9 },
    'new-actions': {
      known: values([['GET /a', 20_459]]),
      networks: values([]),
      burst: { from: 3, count: 1 },
      names: ['GET /b'],
      worked: true,
      refused: false,
    },
    'endpoint-spike': { windows: [['GET /a', window]] },
    'dormant-awake': { lastAt: 11 },
    exfiltration: { start: 1, bytes: 2, clean: 3, most: 4.5, windows: 5 },
    'threat-intel': { habits: values([['-', 0]], [['a', 1, 20_459]]) },
    'rate-ramp': ramp,
    'off-hours': { slot: 1, uses: 2, clean: 1, since: 3, kept: 4, new: 5, hours: `1${'0'.repeat(40)}e` },
    'sequence-rarity': {
      at: 12,
      last: 0,
      uses: 59,
      clean: true,
      run: 0,
      from: 0,
      order: { actions: [346_490], follows: [1], settled: 1, fresh: 16, day: 20_459, uses: 10 },
    },
    'service-tail': {
      tails: [
        {
          service: '/v1',
          start: 1_767_704_340_000,
          count: 1,
          clean: 1,
          minutes: 59,
          level: 0,
          histogram: [58, 1],
          peaks: 0,
          sum: 0,
          squares: 0,
        },
      ],
    },
    'endpoint-ramp': { ramps: [{ endpoint: 'GET /a', ...ramp }] },
  },
};

const RAMP = [1_964_115, 15, 14, 1, 13, 3, 12.5, 2];
const WINDOW = [1_767_704_340_000, 3, 2, 1.5, 0.25, 59];

/** Of the subject, with which the marks of actions begin. */
const SEED = markOf('id:sample:old');

const restored = (subject: object) =>
  restorePartition({ schema: 1, clock: 1_767_704_340_030, size: 1, subjects: { 'id:sample:old': subject } });

test('a snapshot of schema 1 is read with all that it remembers', () => {
  const state = restored(OLD_SUBJECT);
  const subject = state?.subjects.get('id:sample:old');

  expect(state?.clock).toBe(1_767_704_340_030);
  expect(subject).toMatchObject({ listed: 'revoked', cleanUses: 60, lastAt: 1_767_704_340_030 });
  expect(storedRows(subject?.numbers ?? [])).toEqual({
    'recent-ids': { ids: [...OLD_SUBJECT.recent, ...NO_IDS.slice(2)], next: [2] },
    'new-origin': {
      agents: [1, markOf('service'), 20_459, markOf('curl'), 2, 20_458],
      networks: [-1],
      systems: [1, 16_509, 20_459],
      countries: [1, markOf('DE'), 20_459],
      usesSinceNews: [10],
    },
    'impossible-travel': { places: [parseInt('DE', 36), 1_767_704_340_000] },
    'many-networks': { seen: [markOf('a'), markOf('DE'), 3320, 1, 2, 1], usual: [1] },
    'workload-misuse': { agents: [1, markOf('service'), 20_459] },
    'outside-cloud': {
      places: [1, markOf('Amazon Web Services'), 20_459],
      life: [16_509, 60, 1_767_700_800_030],
    },
    'rate-spike': { windows: [...WINDOW, ...WINDOW.with(1, 4)] },
    'rule-match': { habits: [1, markOf('-'), 20_459] },
    'privilege-probing': { refusals: [0, 0, 9] },
    'new-actions': { known: [1, markOf('GET /a', SEED), 20_459] },
    'endpoint-spike': { marks: [markOf('GET /a', SEED)], windows: WINDOW },
    'dormant-awake': { lastAt: [11] },
    exfiltration: { volume: [1, 2, 3, 4.5, 5] },
    'threat-intel': { habits: [1, markOf('-'), 0, markOf('a'), 1, 20_459] },
    'rate-ramp': { ramp: RAMP },
    // Slot 0 in one week; slot 82 in two and slot 83 in three.
    'off-hours': { slots: [1, 2, 1, 3, 4, 5], hours: [1, 0, 0, 0, 0, (2 << 24) | (3 << 26)] },
    'service-tail': { a: [markOf('/v1', SEED), 29_461_739, 1, 1, 59, 0, 0, 0, 0, 58, 1] },
    'endpoint-ramp': { marks: [markOf('GET /a', SEED)], ramps: RAMP },
  });
});

test('where there were too many actions to learn their order, there still are', () => {
  const detectors = { ...OLD_SUBJECT.detectors, 'sequence-rarity': { order: null } };
  const subject = restored({ ...OLD_SUBJECT, detectors })?.subjects.get('id:sample:old');

  expect(storedRows(subject?.numbers ?? [])['sequence-rarity']).toEqual({ order: [] });
});

test('what of it can not be read begins anew, and takes nothing else with it', () => {
  const detectors = { ...OLD_SUBJECT.detectors, 'new-actions': { known: 7 }, 'rate-spike': null };
  const subject = restored({ ...OLD_SUBJECT, detectors })?.subjects.get('id:sample:old');
  const rows = storedRows(subject?.numbers ?? []);

  expect(Object.keys(rows)).not.toContain('new-actions');
  expect(Object.keys(rows)).not.toContain('rate-spike');
  expect(rows['rate-ramp']).toEqual({ ramp: RAMP });
});

test('a snapshot of a schema that is not known is none', () => {
  expect(restorePartition({ schema: 3, clock: 0, subjects: {} })).toBeUndefined();
});
