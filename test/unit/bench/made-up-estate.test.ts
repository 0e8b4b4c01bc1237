import { estateLine, estateRows } from '../../../bench/made-up-estate/figures';
import { KINDS_OF_LIFE, measureLives } from '../../../bench/made-up-estate/measure';

/** What looks like a theft: docs/detection.md, "Told, though it is ordinary life". */
const GRAVE = ['service, load test', 'customer who moves, and fetches everything'];

test.each(KINDS_OF_LIFE.map((kind) => [kind.title, kind] as const))(
  'nothing acts alone on a %s, until it is stolen from',
  (title, kind) => {
    const figures = measureLives(kind, 1, 1);

    expect(figures.daysHigh).toBe(GRAVE.includes(title) ? 1 : 0);
    const [scout, botnet] = figures.thefts;
    expect([scout?.high, botnet?.high]).toEqual([1, 1]);
  },
  60_000,
);

test('the figures of all lives are summed up', () => {
  const kinds = KINDS_OF_LIFE.filter(({ title }) => /load test|second week/.test(title));
  const estate = kinds.map((kind) => measureLives(kind, 1, 1));

  expect(estateLine(estate)).toMatchObject({
    ...{ bench: 'made-up-estate', lives: 2, credentialDays: 84, daysHighPer1000: 11.905 },
    thefts: { scout: { told: 1, high: 1 } },
  });
  expect(estateRows(estate).map(([title]) => title)).toEqual(['used every second week', 'service, load test', 'all']);
});
