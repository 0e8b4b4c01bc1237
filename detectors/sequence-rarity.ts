import { isRare, learnAction, learnPair, markOf, noOrder, settled, type ActionOrder } from './action-order';
import { defineDetector, NO_FINDINGS, type Finding, type Samples, type SubjectFacts } from './detector';
import { dayOf, teaches } from './learning';
import type { LocatedUsageEvent } from './located-event';
import { SAMPLE_PLACES, sampleUse } from './sample-life';

const PARAMETERS = {
  /**
   * Pairs of actions that were never seen, reference/detection.md 1.2.12, which calls it weak alone. A way round and back are two of them; five
   * one after the other, within a minute, are another program. Ours.
   */
  leastPairs: 5,
  windowMs: 60_000,
  /** New pairs of known actions lately: with more, its order is not learnt yet, or it has none. Ours. */
  mostFresh: 2,
  confidence: 0.4,
} as const;

const NONE = -1;

interface SequenceState {
  /** The last use: time, index of its action, clean uses before it, and whether it taught. */
  at: number;
  last: number;
  uses: number;
  clean: boolean;
  /** Rare pairs one after the other, and when the first of them was. */
  run: number;
  from: number;
  /** Null where there are too many actions. */
  order: ActionOrder | null;
}

function begin(order: ActionOrder | null): SequenceState {
  return { at: 0, last: NONE, uses: 0, clean: false, run: 0, from: 0, order };
}

/** Actions that are all known, in an order in which they never came: somebody else's program, or a person. */
export const sequenceRarity = defineDetector<SequenceState>({
  id: 'sequence-rarity',
  family: 'probing',
  parameters: PARAMETERS,
  initial: () => begin(noOrder()),
  judge,
  remember,
  samples,
});

function judge(state: SequenceState, located: LocatedUsageEvent, facts: SubjectFacts): readonly Finding[] {
  const { leastPairs, confidence } = PARAMETERS;
  const { at, action, outcome } = located.event;
  if (state.run + 1 < leastPairs || state.order === null) return NO_FINDINGS;
  if (outcome === 'contained' || at < state.at) return NO_FINDINGS;
  const order = settled(state.order, dayOf(at), facts.cleanUses);
  const last = order.actions.indexOf(markOf(action.name));
  const run = isNext(state, last, facts) ? runWith(state, order, last, at) : 0;
  if (run < leastPairs) return NO_FINDINGS;
  const reason = `${leastPairs} actions and more within a minute, each known, in an order they never came in`;
  return [{ severity: 'low', confidence, deterministic: false, accuses: 'traffic', reason }];
}

function remember(state: SequenceState, located: LocatedUsageEvent, facts: SubjectFacts): void {
  const { at, action, outcome } = located.event;
  if (outcome === 'contained' || state.order === null) return;
  if (at < state.at) {
    forgetLast(state);
    return;
  }
  const clean = teaches(located, facts);
  const order = settled(state.order, dayOf(at), facts.cleanUses);
  const mark = markOf(action.name);
  if (clean && !learnAction(order, mark)) {
    Object.assign(state, begin(null));
    return;
  }
  const last = order.actions.indexOf(mark);
  const isPair = isNext(state, last, facts);
  const run = isPair ? runWith(state, order, last, at) : 0;
  if (isPair && clean && state.clean) learnPair(order, state.last, last);
  if (run < 2) state.from = run === 0 ? 0 : at;
  state.at = at;
  state.last = last;
  state.uses = facts.cleanUses;
  state.clean = clean;
  state.run = run;
  state.order = order;
}

/** A use that came too late tells that the order we see is not the order there was. */
function forgetLast(state: SequenceState): void {
  state.last = NONE;
  state.run = 0;
  state.from = 0;
}

/** Whether no use came between: while a partition sheds, we are shown only some. */
function isNext(state: SequenceState, last: number, { cleanUses }: SubjectFacts): boolean {
  return last !== NONE && state.last !== NONE && cleanUses === state.uses + (state.clean ? 1 : 0);
}

/** How many rare pairs one after the other there are with this one. */
function runWith(state: SequenceState, order: ActionOrder, last: number, at: number): number {
  if (!isRare(order, state.last, last)) return 0;
  if (state.run > 0 && at - state.from <= PARAMETERS.windowMs) return state.run + 1;
  return order.fresh <= PARAMETERS.mostFresh ? 1 : 0;
}

function samples(): Samples {
  const places = SAMPLE_PLACES;
  const second = 1_000;
  const does = (actions: readonly number[], afterMs: number, everyMs = second) =>
    actions.map((action, index) => ({
      ...sampleUse({ afterMs: afterMs + index * everyMs, mark: `${action}` }),
      action: { kind: 'read' as const, name: `GET /orders/step-${action}` },
    }));
  const round = (count: number, actions: number) => Array.from({ length: count }, (_, index) => index % actions);
  const days = (count: number, today = round(120, 6)) =>
    Array.from({ length: count }, (_, day) => does(today, day * 86_400 * second)).flat();
  const later = 3 * 86_400 * second + 200 * second;
  const back = [5, 4, 3, 2, 1, 0, 5, 4];
  return {
    positives: [
      { title: 'all steps backwards', events: [...days(4), ...does(back, later)], places },
      { title: 'every other step, and back', events: [...days(4), ...does([0, 2, 4, 1, 5, 3, 0], later)], places },
    ],
    nearMisses: [
      { title: 'the usual order, faster', events: [...days(4), ...does(round(60, 6), later, 10)], places },
      { title: 'a way round, and back', events: [...days(4), ...does([0, 1, 4, 2, 3, 4, 5, 0], later)], places },
      { title: 'backwards, a step every half minute', events: [...days(4), ...does(back, later, 30 * second)], places },
      { title: 'backwards on the third day', events: [...days(3), ...does(back, later - 86_400 * second)], places },
      { title: 'steps that are new', events: [...days(4), ...does([10, 12, 11, 14, 13, 10, 15], later)], places },
      { title: 'more actions than have an order', events: [...days(4, round(120, 20)), ...does(back, later)], places },
      {
        title: 'without any order',
        events: [
          ...days(
            4,
            Array.from({ length: 200 }, (_, i) => ((i * i * i + 5 * i * i) % 37) % 6),
          ),
          ...does(back, later + second),
        ],
        places,
      },
    ],
  };
}
