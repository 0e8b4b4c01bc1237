const WINDOW = 6_400;
const STEP = 100;

/** NAB's own floor: how unlikely a value is under a normal distribution of the last 6,400, which move on by 100 at a time. */
export function windowedGaussian(values: readonly number[]): readonly number[] {
  const sums = { count: 0, sum: 0, squares: 0 };
  const take = (value: number, sign: 1 | -1): void => {
    sums.count += sign;
    sums.sum += sign * value;
    sums.squares += sign * value * value;
  };
  return values.map((value, row) => {
    const score = sums.count === 0 ? 0 : 1 - upperTail(Math.abs(value - meanOf(sums)) / deviationOf(sums));
    if (row < WINDOW) take(value, 1);
    else if ((row + 1 - WINDOW) % STEP === 0) {
      values.slice(row + 1 - STEP, row + 1).forEach((one) => take(one, 1));
      values.slice(row + 1 - STEP - WINDOW, row + 1 - WINDOW).forEach((one) => take(one, -1));
    }
    return score;
  });
}

interface Sums {
  readonly count: number;
  readonly sum: number;
  readonly squares: number;
}

function meanOf({ count, sum }: Sums): number {
  return sum / count;
}

function deviationOf(sums: Sums): number {
  return Math.sqrt(Math.max(0, sums.squares / sums.count - meanOf(sums) ** 2)) || 1e-6;
}

/** The chance of more than `z` deviations: the complementary error function by Numerical Recipes' approximation, good to 1.2e-7. */
function upperTail(z: number): number {
  const x = z / Math.SQRT2;
  const t = 1 / (1 + x / 2);
  const terms = [
    -1.26551223, 1.00002368, 0.37409196, 0.09678418, -0.18628806, 0.27886807, -1.13520398, 1.48851587, -0.82215223,
    0.17087277,
  ];
  const polynomial = terms.reduceRight((sum, term) => sum * t + term, 0);
  return (t * Math.exp(-x * x + polynomial)) / 2;
}
