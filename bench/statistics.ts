/** The value below which a share of the sample lies (nearest rank). @throws Error for an empty sample. */
export function percentile(sample: readonly number[], share: number): number {
  const sorted = [...sample].sort((a, b) => a - b);
  const value = sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)];
  if (value === undefined) throw new Error('an empty sample has no percentile');
  return value;
}

export interface Figures {
  readonly p50Ms: number;
  readonly p99Ms: number;
}

export function figuresOf(sample: readonly number[]): Figures {
  return { p50Ms: round(percentile(sample, 0.5)), p99Ms: round(percentile(sample, 0.99)) };
}

export function round(value: number): number {
  return Math.round(value * 1000) / 1000;
}
