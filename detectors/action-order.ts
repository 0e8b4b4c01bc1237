import { hash48 } from './hash48';

/** Which action comes right after which, as far as it was seen; plain JSON. Actions are hashes, since clients choose their names. */
export interface ActionOrder {
  /** In the order in which they were first seen. */
  readonly actions: number[];
  /** For each, a bit for each action that came right after it. */
  readonly follows: number[];
  /** So many of the first actions are known from an earlier day. */
  readonly settled: number;
  /** Pairs of settled actions that were new lately; halved with each day. */
  fresh: number;
  /** The day it was settled last, and the subject's clean uses until then. */
  readonly day: number;
  readonly uses: number;
}

export const ORDER_LIMITS = {
  /** With more, the order of actions says little, and a pair of them is new every day. */
  actions: 16,
  /** A day with fewer uses is part of the next: reference/detection.md 1.2.12 wants 200 before anything is said. */
  usesOfDay: 100,
  /** What nothing known yet counts as: three days bring it down to two. */
  fresh: 16,
} as const;

export function noOrder(): ActionOrder {
  return { actions: [], follows: [], settled: 0, fresh: ORDER_LIMITS.fresh, day: 0, uses: 0 };
}

/** An action's name in 20 bits. Two that are alike are one action to us: something is missed then, and nothing made up. */
export function markOf(name: string): number {
  return hash48(name) & 0xfffff;
}

/** The order with the day before `day` closed, when there was enough use of it. */
export function settled(order: ActionOrder, day: number, uses: number): ActionOrder {
  if (order.day === 0) return { ...order, day, uses };
  if (day <= order.day || uses - order.uses < ORDER_LIMITS.usesOfDay) return order;
  return { ...order, settled: order.actions.length, fresh: order.fresh >> 1, day, uses };
}

/** Knows an action; false when there are too many. */
export function learnAction({ actions, follows }: ActionOrder, mark: number): boolean {
  if (actions.includes(mark)) return true;
  if (actions.length >= ORDER_LIMITS.actions) return false;
  actions.push(mark);
  follows.push(0);
  return true;
}

/** Whether two actions, by their indices, are long known and never came in this order. */
export function isRare(order: ActionOrder, from: number, to: number): boolean {
  return isSettled(order, from) && isSettled(order, to) && !isSeen(order, from, to);
}

export function learnPair(order: ActionOrder, from: number, to: number): void {
  if (isSeen(order, from, to)) return;
  if (isRare(order, from, to)) order.fresh += 1;
  order.follows[from] = (order.follows[from] ?? 0) | (1 << to);
}

function isSeen({ follows }: ActionOrder, from: number, to: number): boolean {
  return ((follows[from] ?? 0) & (1 << to)) !== 0;
}

function isSettled({ settled }: ActionOrder, index: number): boolean {
  return index >= 0 && index < settled;
}
