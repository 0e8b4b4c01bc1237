import type { Row } from './rows';

/**
 * Which action comes right after which, as far as it was seen: four numbers, and then for each action, in the order in which they were first seen, its short
 * mark and a bit for each action that came right after it. A row without numbers knows nothing, and never will: there were too many.
 */
export type ActionOrder = Row;

/** So many of the first actions are known from an earlier day. */
const SETTLED = 0;
/** Pairs of settled actions that were new lately; halved with each day. */
const FRESH = 1;
/** The day it was settled last, and the subject's clean uses until then. */
const DAY = 2;
const USES = 3;
const ACTIONS = 4;

export const ORDER_LIMITS = {
  /** With more, the order of actions says little, and a pair of them is new every day. */
  actions: 16,
  /** A day with fewer uses is part of the next: reference/detection.md 1.2.12 wants 200 before anything is said. */
  usesOfDay: 100,
  /** What nothing known yet counts as: three days bring it down to two. */
  fresh: 16,
} as const;

export const NO_ORDER: readonly number[] = [0, ORDER_LIMITS.fresh, 0, 0];

/** An action in 20 bits of its mark. Two that are alike are one action to us: something is missed then, and nothing made up. */
export function shortMark(mark: number): number {
  return mark & 0xfffff;
}

/** How many of the first actions would be settled, and how many pairs fresh, if the day before `day` were closed; it is when there was enough use of it. */
export interface Settled {
  readonly settled: number;
  readonly fresh: number;
}

export function settledOn(order: ActionOrder, day: number, uses: number): Settled {
  const [settled, fresh] = [order.get(SETTLED), order.get(FRESH)];
  return isOver(order, day, uses) ? { settled: countOf(order), fresh: fresh >> 1 } : { settled, fresh };
}

/** Closes the day before `day`, when there was enough use of it. */
export function settle(order: ActionOrder, day: number, uses: number): Settled {
  const now = settledOn(order, day, uses);
  if (order.get(DAY) === 0 || isOver(order, day, uses)) {
    order.set(SETTLED, now.settled);
    order.set(FRESH, now.fresh);
    order.set(DAY, day);
    order.set(USES, uses);
  }
  return now;
}

function isOver(order: ActionOrder, day: number, uses: number): boolean {
  const last = order.get(DAY);
  return last !== 0 && day > last && uses - order.get(USES) >= ORDER_LIMITS.usesOfDay;
}

/** The index of an action, or -1. */
export function indexOf(order: ActionOrder, mark: number): number {
  const place = order.indexOf(mark, 2, ACTIONS);
  return place === -1 ? -1 : (place - ACTIONS) / 2;
}

/** Knows an action; its index, or -1 when there are too many. */
export function learnAction(order: ActionOrder, mark: number): number {
  const known = indexOf(order, mark);
  const count = countOf(order);
  if (known !== -1) return known;
  if (count >= ORDER_LIMITS.actions) return -1;
  order.replace([...order.toArray(), mark, 0]);
  return count;
}

/** Whether two actions, by their indices, are long known and never came in this order. */
export function isRare(order: ActionOrder, { settled }: Settled, from: number, to: number): boolean {
  const isKnown = from >= 0 && from < settled && to >= 0 && to < settled;
  return isKnown && !isSeen(order, from, to);
}

export function learnPair(order: ActionOrder, settled: Settled, from: number, to: number): void {
  if (isSeen(order, from, to)) return;
  if (isRare(order, settled, from, to)) order.add(FRESH, 1);
  order.set(followsAt(from), order.get(followsAt(from)) | (1 << to));
}

function isSeen(order: ActionOrder, from: number, to: number): boolean {
  return (order.get(followsAt(from)) & (1 << to)) !== 0;
}

function followsAt(index: number): number {
  return ACTIONS + 2 * index + 1;
}

function countOf(order: ActionOrder): number {
  return (order.length - ACTIONS) / 2;
}
