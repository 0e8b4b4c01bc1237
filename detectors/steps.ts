import type { LocatedUsageEvent } from './located-event';
import type { Row } from './rows';

/** A new action that it lately did: its mark (marks.ts), when first, and how that ended. */
export interface Step {
  readonly action: number;
  readonly at: number;
  readonly worked: boolean;
  readonly refused: boolean;
}

const STEP_SIZE = 4;

export function keepSteps(row: Row, steps: readonly Step[]): void {
  row.replace(steps.flatMap(({ action, at, worked, refused }) => [action, at, worked ? 1 : 0, refused ? 1 : 0]));
}

function stepsIn(row: Row): readonly Step[] {
  return row.records(STEP_SIZE).map(([action = 0, at = 0, worked, refused]) => ({
    action,
    at,
    worked: worked === 1,
    refused: refused === 1,
  }));
}

/** The steps of a window with this one, the latest `most`; one done again stays where it was. */
export function withStep(
  row: Row,
  { event: { at, outcome }, marks }: LocatedUsageEvent,
  windowMs: number,
  most: number,
): readonly Step[] {
  const lately = within(stepsIn(row), at, windowMs);
  const before = lately.find(({ action }) => action === marks.action);
  const step = {
    action: marks.action,
    at: before?.at ?? at,
    worked: before?.worked === true || outcome === 'accepted',
    refused: before?.refused === true || outcome === 'authorization',
  };
  return before ? lately.map((one) => (one === before ? step : one)) : [...lately.slice(1 - most), step];
}

export function within(steps: readonly Step[], at: number, windowMs: number): readonly Step[] {
  return steps.filter((step) => Math.abs(at - step.at) <= windowMs);
}

/** Some worked, and some were refused. */
export function isMixed(steps: readonly Step[]): boolean {
  return steps.some(({ worked }) => worked) && steps.some(({ refused }) => refused);
}
