import { nextRetryDelay } from '../../../activities/next-retry-delay';

/** A step of two minutes whose last attempt began so many milliseconds after the first. */
const after = (elapsed: number, scheduleToCloseTimeoutMs = 120_000) => ({
  scheduledTimestampMs: 1_000_000,
  currentAttemptScheduledTimestampMs: 1_000_000 + elapsed,
  scheduleToCloseTimeoutMs,
});

it('is what the server asks for, where that fits in the time of the step', () => {
  expect(nextRetryDelay(7_000, after(0), 100)).toBe(7_000);
});

it.each([
  [0, 60_000],
  [60_000, 30_000],
  [110_000, 5_000],
])('after %p ms is half of what is left, where what is asked for does not fit', (elapsed, delay) => {
  expect(nextRetryDelay(120_000, after(elapsed), 0)).toBe(delay);
});

it('counts what the attempt has taken', () => {
  expect(nextRetryDelay(120_000, after(0), 20_000)).toBe(50_000);
});

it('is what is asked for when hardly any time is left: the step ends', () => {
  expect(nextRetryDelay(120_000, after(117_000), 0)).toBe(120_000);
});

it('is what is asked for where a step has all the time', () => {
  expect(nextRetryDelay(120_000, after(3_600_000, 0), 0)).toBe(120_000);
});

it('puts all attempts that a step has off for two minutes at most', () => {
  const retryPolicy = { maximumAttempts: 10 };

  expect(nextRetryDelay(120_000, { ...after(0, 0), retryPolicy }, 0)).toBe(12_000);
  expect(nextRetryDelay(5_000, { ...after(0, 0), retryPolicy }, 0)).toBe(5_000);
});

it.each([[0], [-1], [undefined], ['7']])('leaves it to the policy of the step where %p is asked for', (asked) => {
  expect(nextRetryDelay(asked, after(0), 0)).toBeUndefined();
});
