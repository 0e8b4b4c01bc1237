/** An exponentially weighted mean; plain JSON. */
export interface MovingMean {
  mean: number;
  count: number;
}

export function noMean(): MovingMean {
  return { mean: 0, count: 0 };
}

/** Takes one value in, and gives the mean with it. The first values weigh equally, so that the first alone does not stand for the usual. */
export function takeIn(moving: MovingMean, value: number, weight: number): number {
  moving.count += 1;
  moving.mean += Math.max(weight, 1 / moving.count) * (value - moving.mean);
  return moving.mean;
}
