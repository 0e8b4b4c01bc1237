import { isRare, learnAction, learnPair, markOf, NO_ORDER, settle, type ActionOrder } from './action-order';
import { defineDetector, NO_FINDINGS, type Finding, type Reduction, type Samples, type SubjectFacts } from './detector';
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
  readonly at: number;
  readonly last: number;
  readonly uses: number;
  readonly clean: boolean;
  /** Rare pairs one after the other, and when the first of them was. */
  readonly run: number;
  readonly from: number;
  /** Null where there are too many actions. */
  readonly order: ActionOrder | null;
}

const BEGIN: SequenceState = { at: 0, last: NONE, uses: 0, clean: false, run: 0, from: 0, order: NO_ORDER };
const WIDE: SequenceState = { ...BEGIN, order: null };

/** Actions that are all known, in an order in which they never came: somebody else's program, or a person. */
export const sequenceRarity = defineDetector<SequenceState>({
  id: 'sequence-rarity',
  family: 'probing',
  parameters: PARAMETERS,
  initial: () => BEGIN,
  reduce,
  samples,
});

function reduce(state: SequenceState, located: LocatedUsageEvent, facts: SubjectFacts): Reduction<SequenceState> {
  const { at, action, outcome } = located.event;
  if (outcome === 'contained' || state.order === null) return { state, findings: NO_FINDINGS };
  if (at < state.at) return { state: withoutLast(state), findings: NO_FINDINGS };
  const clean = teaches(located, facts);
  const settled = settle(state.order, dayOf(at), facts.cleanUses);
  const mark = markOf(action.name);
  const known = clean ? learnAction(settled, mark) : settled;
  if (!known) return { state: WIDE, findings: NO_FINDINGS };
  const last = known.actions.indexOf(mark);
  const isPair = last !== NONE && isNext(state, facts);
  const run = isPair && isRare(known, state.last, last) ? lengthen(state, known, at) : 0;
  const next = {
    at,
    last,
    uses: facts.cleanUses,
    clean,
    run,
    from: run === 0 ? 0 : run === 1 ? at : state.from,
    order: isPair && clean && state.clean ? learnPair(known, state.last, last) : known,
  };
  return { state: next, findings: judge(run) };
}

/** A use that came too late tells that the order we see is not the order there was. */
function withoutLast(state: SequenceState): SequenceState {
  return state.last === NONE ? state : { ...state, last: NONE, run: 0, from: 0 };
}

/** Whether no use came between: while a partition sheds, we are shown only some. */
function isNext(state: SequenceState, facts: SubjectFacts): boolean {
  return state.last !== NONE && facts.cleanUses === state.uses + (state.clean ? 1 : 0);
}

function lengthen(state: SequenceState, order: ActionOrder, at: number): number {
  if (state.run > 0 && at - state.from <= PARAMETERS.windowMs) return state.run + 1;
  return order.fresh <= PARAMETERS.mostFresh ? 1 : 0;
}

function judge(run: number): readonly Finding[] {
  const { leastPairs, confidence } = PARAMETERS;
  if (run < leastPairs) return NO_FINDINGS;
  const reason = `${leastPairs} actions and more within a minute, each known, in an order they never came in`;
  return [{ severity: 'low', confidence, deterministic: false, accuses: 'traffic', reason }];
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
