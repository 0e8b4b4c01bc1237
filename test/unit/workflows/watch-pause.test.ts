import { pauseBeforeCheck } from '../../../workflows/lib/watch-pause';

const DAY = 86_400;

test('the watch looks often at first, and then four times a day', () => {
  const pauses = Array.from({ length: 10 }, (_, checks) => pauseBeforeCheck(checks));

  expect(pauses).toEqual([60, 300, 900, 3_600, 3_600, 3_600, 21_600, 21_600, 21_600, 21_600]);
});

test('a week of watching is a few dozen looks, and no two are ever less than a minute apart', () => {
  let [seconds, checks] = [0, 0];
  while (seconds < 7 * DAY) {
    expect(pauseBeforeCheck(checks)).toBeGreaterThanOrEqual(60);
    seconds += pauseBeforeCheck(checks++);
  }

  expect(checks).toBeLessThan(40);
});
