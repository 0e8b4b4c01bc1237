import { remindAfterSeconds } from '../../../workflows/lib/reminders';

const QUARTER = 900;
/** Three notices of up to five events each, a timer of two, and workflow tasks. */
const EVENTS_A_PAGE = 30;

test('often for two hours, hourly for a day, then daily', () => {
  const pauses = Array.from({ length: 40 }, (_, n) => remindAfterSeconds(QUARTER, n + 1));

  expect(pauses.slice(0, 8)).toEqual(Array(8).fill(QUARTER));
  expect(pauses.slice(8, 32)).toEqual(Array(24).fill(3_600));
  expect(pauses.slice(32)).toEqual(Array(8).fill(86_400));
});

test('a year of waiting does not fill a history', () => {
  let [seconds, pages] = [0, 0];
  while (seconds < 365 * 86_400) seconds += remindAfterSeconds(QUARTER, (pages += 1));

  expect(pages * EVENTS_A_PAGE).toBeLessThan(51_200 / 2);
});
