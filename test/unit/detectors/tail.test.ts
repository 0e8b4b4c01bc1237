import fc from 'fast-check';
import { placeRows } from '../../../detectors/rows';
import {
  beginTail,
  closedMinutes,
  countInMinute,
  countMinute,
  lastMinute,
  levelOf,
  tailThreshold,
} from '../../../detectors/tail';
import { newSubjectInHand } from './folding';

const PARAMETERS = { risk: 1e-4, level: 0.98, calibrationMinutes: 1_000 } as const;

const { tail } = placeRows('test', { tail: [] });

/** A tail that has seen minutes with these uses, and the beginning of another. */
function see(minutes: readonly number[]): void {
  newSubjectInHand();
  beginTail(tail, 1);
  [...minutes, 1].forEach((uses, minute) => {
    for (let use = 0; use < uses; use++) countMinute(tail, minute + 1, true, PARAMETERS);
  });
}

/** The inverse of the exponential law, over evenly spread chances in an order that looks like chance. */
function exponential(mean: number, count: number): number[] {
  return Array.from({ length: count }, (_, index) => {
    const chance = (((index * 7_919) % count) + 0.5) / count;
    return Math.max(1, Math.round(-mean * Math.log(chance)));
  });
}

it('lies where the law of what it has seen says that one in ten thousand lies', () => {
  see(exponential(10, 5_000));

  // Of an exponential law with this mean: ln(10,000) means.
  const expected = 10 * Math.log(10_000);
  expect(tailThreshold(tail, PARAMETERS)).toBeGreaterThan(expected * 0.75);
  expect(tailThreshold(tail, PARAMETERS)).toBeLessThan(expected * 1.35);
});

it('is never exceeded by what it was calibrated with, but seldom, whatever the life', () => {
  fc.assert(
    fc.property(
      fc.array(fc.integer({ min: 1, max: 300 }), { minLength: 20, maxLength: 60 }),
      fc.integer({ min: 1, max: 50 }),
      (pattern, every) => {
        const minutes = Array.from({ length: 1_200 }, (_, index) =>
          index % every === 0 ? (pattern[index % pattern.length] ?? 1) : 1 + (index % 3),
        );
        see(minutes);
        const threshold = tailThreshold(tail, PARAMETERS);

        expect(Number.isFinite(threshold)).toBe(true);
        expect(threshold).toBeGreaterThanOrEqual(levelOf(tail));
        expect(minutes.filter((uses) => uses > threshold).length).toBeLessThanOrEqual(minutes.length * 0.02);
      },
    ),
    { numRuns: 50 },
  );
});

it('keeps a small state, learns nothing of what is suspected, and counts nothing that comes late', () => {
  see(exponential(100, 1_500));
  // Nothing of its calibration is left.
  expect(tail.length).toBe(9);
  const [minutes, threshold] = [closedMinutes(tail), tailThreshold(tail, PARAMETERS)];

  for (let use = 0; use < 500; use++) countMinute(tail, 3_000, false, PARAMETERS);
  countMinute(tail, 3_001, true, PARAMETERS);
  countMinute(tail, 2_000, true, PARAMETERS);

  expect(closedMinutes(tail)).toBe(minutes + 1);
  expect(lastMinute(tail)).toBe(3_001);
  expect(countInMinute(tail, 3_001)).toBe(2);
  // One quiet minute more, and not one of five hundred uses.
  expect(Math.abs(tailThreshold(tail, PARAMETERS) / threshold - 1)).toBeLessThan(0.01);
});
