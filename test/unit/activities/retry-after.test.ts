import { retryAfterMs } from '../../../activities/retry-after';

const NOW = Date.parse('Sat, 28 Nov 2026 12:00:00 GMT');

it.each([
  ['7', 7_000],
  ['0', 0],
  ['Sat, 28 Nov 2026 12:00:09 GMT', 9_000],
  ['Sat, 28 Nov 2026 11:59:00 GMT', 0],
  ['86400', 120_000],
  ['soon', undefined],
  ['', undefined],
  ['-3', undefined],
])('a receiver that says "Retry-After: %s" waits for %p ms', (header, ms) => {
  expect(retryAfterMs(header, NOW)).toBe(ms);
});

test('one that says nothing leaves the wait to us', () => {
  expect(retryAfterMs(null, NOW)).toBeUndefined();
});
