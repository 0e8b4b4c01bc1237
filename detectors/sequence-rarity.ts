import {
  indexOf,
  isRare,
  learnAction,
  learnPair,
  NO_ORDER,
  settle,
  settledOn,
  shortMark,
  type Settled,
} from './action-order';
import { defineDetector, NO_FINDINGS, type Finding, type Samples, type SubjectFacts } from './detector';
import { dayOf, teaches } from './learning';
import type { LocatedUsageEvent } from './located-event';
import type { Row, Rows } from './rows';
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
const NO_USE = [0, NONE, 0, 0, 0, 0];

/** The last use: time, index of its action, the subject's clean uses before it, and whether it taught. */
const AT = 0;
const LAST = 1;
const USES = 2;
const CLEAN = 3;
/** Rare pairs one after the other, and when the first of them was. */
const RUN = 4;
const FROM = 5;

type SequenceRows = Rows<'last' | 'order'>;

/** Actions that are all known, in an order in which they never came: somebody else's program, or a person. */
export const sequenceRarity = defineDetector<'last' | 'order'>({
  id: 'sequence-rarity',
  family: 'probing',
  parameters: PARAMETERS,
  initial: { last: NO_USE, order: NO_ORDER },
  judge,
  remember,
  samples,
});

function judge(rows: SequenceRows, located: LocatedUsageEvent, facts: SubjectFacts): readonly Finding[] {
  const { leastPairs, confidence } = PARAMETERS;
  const { at, outcome } = located.event;
  const { last, order } = rows;
  if (last.get(RUN) + 1 < leastPairs || order.length === 0) return NO_FINDINGS;
  if (outcome === 'contained' || at < last.get(AT)) return NO_FINDINGS;
  const settled = settledOn(order, dayOf(at), facts.cleanUses);
  const action = indexOf(order, shortMark(located.marks.action));
  const run = isNext(last, action, facts) ? runWith(rows, settled, action, at) : 0;
  if (run < leastPairs) return NO_FINDINGS;
  const reason = `${leastPairs} actions and more within a minute, each known, in an order they never came in`;
  return [{ severity: 'low', confidence, deterministic: false, accuses: 'traffic', reason }];
}

function remember(rows: SequenceRows, located: LocatedUsageEvent, facts: SubjectFacts): void {
  const { at, outcome } = located.event;
  const { last, order } = rows;
  if (outcome === 'contained' || order.length === 0) return;
  if (at < last.get(AT)) {
    forgetLast(last);
    return;
  }
  const clean = teaches(located, facts);
  const settled = settle(order, dayOf(at), facts.cleanUses);
  const mark = shortMark(located.marks.action);
  const action = clean ? learnAction(order, mark) : indexOf(order, mark);
  if (clean && action === NONE) {
    order.replace([]);
    last.replace(NO_USE);
    return;
  }
  const isPair = isNext(last, action, facts);
  const run = isPair ? runWith(rows, settled, action, at) : 0;
  if (isPair && clean && last.get(CLEAN) === 1) learnPair(order, settled, last.get(LAST), action);
  if (run < 2) last.set(FROM, run === 0 ? 0 : at);
  last.set(AT, at);
  last.set(LAST, action);
  last.set(USES, facts.cleanUses);
  last.set(CLEAN, clean ? 1 : 0);
  last.set(RUN, run);
}

/** A use that came too late tells that the order we see is not the order there was. */
function forgetLast(last: Row): void {
  last.set(LAST, NONE);
  last.set(RUN, 0);
  last.set(FROM, 0);
}

/** Whether no use came between: while a partition sheds, we are shown only some. */
function isNext(last: Row, action: number, { cleanUses }: SubjectFacts): boolean {
  return action !== NONE && last.get(LAST) !== NONE && cleanUses === last.get(USES) + last.get(CLEAN);
}

/** How many rare pairs one after the other there are with this one. */
function runWith({ last, order }: SequenceRows, settled: Settled, action: number, at: number): number {
  if (!isRare(order, settled, last.get(LAST), action)) return 0;
  const run = last.get(RUN);
  if (run > 0 && at - last.get(FROM) <= PARAMETERS.windowMs) return run + 1;
  return settled.fresh <= PARAMETERS.mostFresh ? 1 : 0;
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
