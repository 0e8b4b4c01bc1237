import { hash48 } from './hash48';

/** Which action comes right after which, as far as it was seen; plain JSON. Actions are hashes, since clients choose their names. */
export interface ActionOrder {
  /** In the order in which they were first seen. */
  readonly actions: readonly number[];
  /** For each, a bit for each action that came right after it. */
  readonly follows: readonly number[];
  /** So many of the first actions are known from an earlier day. */
  readonly settled: number;
  /** Pairs of settled actions that were new lately; halved with each day. */
  readonly fresh: number;
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

export const NO_ORDER: ActionOrder = {
  actions: [],
  follows: [],
  settled: 0,
  fresh: ORDER_LIMITS.fresh,
  day: 0,
  uses: 0,
};

/** An action's name in 20 bits. Two that are alike are one action to us: something is missed then, and nothing made up. */
export function markOf(name: string): number {
  return hash48(name) & 0xfffff;
}

/** Closes the day before `day`, when there was enough use of it. */
export function settle(order: ActionOrder, day: number, uses: number): ActionOrder {
  if (order.day === 0) return { ...order, day, uses };
  if (day <= order.day || uses - order.uses < ORDER_LIMITS.usesOfDay) return order;
  return { ...order, settled: order.actions.length, fresh: order.fresh >> 1, day, uses };
}

/** Knows an action; undefined when there are too many. */
export function learnAction(order: ActionOrder, mark: number): ActionOrder | undefined {
  if (order.actions.includes(mark)) return order;
  if (order.actions.length >= ORDER_LIMITS.actions) return undefined;
  return { ...order, actions: [...order.actions, mark], follows: [...order.follows, 0] };
}

/** Whether two actions, by their indices, are long known and never came in this order. */
export function isRare(order: ActionOrder, from: number, to: number): boolean {
  return isSettled(order, from) && isSettled(order, to) && !isSeen(order, from, to);
}

export function learnPair(order: ActionOrder, from: number, to: number): ActionOrder {
  if (isSeen(order, from, to)) return order;
  const follows = order.follows.map((seen, index) => (index === from ? seen | (1 << to) : seen));
  return { ...order, follows, fresh: order.fresh + (isRare(order, from, to) ? 1 : 0) };
}

function isSeen({ follows }: ActionOrder, from: number, to: number): boolean {
  return ((follows[from] ?? 0) & (1 << to)) !== 0;
}

function isSettled({ settled }: ActionOrder, index: number): boolean {
  return index >= 0 && index < settled;
}
