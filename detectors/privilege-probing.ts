import type { UsageEvent } from '../domain/usage-event';
import { burstNumbers, burstOf, countIn, countOf, type Burst } from './burst';
import { defineDetector, NO_FINDINGS, type Finding, type Samples, type SubjectFacts } from './detector';
import { consider, distrust, isAtMost, isNew, learn, NOTHING_BUT_NEWS } from './known-values';
import { dayOf, hasLearned, LEARNING } from './learning';
import type { LocatedUsageEvent } from './located-event';
import type { Rows } from './rows';
import { SAMPLE_PLACES, sampleUse, steadyLife } from './sample-life';

const PARAMETERS = {
  /** At least 10 refusals within 5 minutes: reference/detection.md 1.2.10 (Panther 15 in 10 min, Elastic 10 in 5 min). */
  windowMs: 300_000,
  leastDenials: 10,
  /** A client that is refused the same again and again is broken; one that is refused many things looks for what it may do. */
  leastActions: 4,
  brokenConfidence: 0.5,
  probingConfidence: 0.75,
  /** Times the most that was usual while learning; more than so many are usual of none, or a bad first hour would excuse all that comes. Ours. */
  overUsual: 3,
  mostUsual: 100,
  /** Actions that count no more. With as many as are kept, none would be news. Ours. */
  mostHabits: 24,
  /** Whoever opens a page of a console is refused all of it that he may not see: what is usual of a person is learnt in these days, too. Ours. */
  personFromMs: 86_400_000,
  personUntilMs: LEARNING.fullMs,
} as const;

interface Refusals {
  readonly denials: Burst;
  /** Most refusals of one window while that was learnt. */
  readonly usual: number;
  /** Marks (marks.ts) of different actions that were refused in this window, as far as they decide. */
  readonly actions: readonly number[];
}

/**
 * `denied`: the numbers of the burst. `refusals`: two numbers that only older snapshots have, then as `Refusals` goes on. `habits`: actions that were refused on three days, as of
 * a tool that lacks a permission: they count no more.
 */
type ProbingRows = Rows<'denied' | 'refusals' | 'habits'>;

/** The credential is refused again and again: somebody looks for what it may do. */
export const privilegeProbing = defineDetector<keyof ProbingRows>({
  id: 'privilege-probing',
  family: 'probing',
  parameters: PARAMETERS,
  initial: { denied: [], refusals: [0, 0, 0], habits: NOTHING_BUT_NEWS },
  judge,
  remember,
  samples,
});

function judge(rows: ProbingRows, located: LocatedUsageEvent, facts: SubjectFacts): readonly Finding[] {
  return counts(rows, located) ? judgeAll(counted(rows, located, facts)) : NO_FINDINGS;
}

function remember(rows: ProbingRows, located: LocatedUsageEvent, facts: SubjectFacts): void {
  const { event, marks } = located;
  if (event.outcome !== 'authorization') return;
  const day = dayOf(event.at);
  if (!counts(rows, located)) {
    learn(rows.habits, marks.action, day);
    return;
  }
  const all = counted(rows, located, facts);
  const { denials, usual, actions } = all;
  // A refused use is never clean. Others of the family say no more than the same.
  const isHarmless = facts.suspectedBy.every((family) => family === 'probing');
  if (!isHarmless) distrust(rows.habits, marks.action);
  else if (isAtMost(rows.habits, PARAMETERS.mostHabits)) consider(rows.habits, marks.action, day);
  rows.denied.replace(burstNumbers(denials));
  rows.refusals.replace([0, 0, usual, ...actions]);
}

function counts({ habits }: ProbingRows, { event, marks }: LocatedUsageEvent): boolean {
  return event.outcome === 'authorization' && isNew(habits, marks.action, dayOf(event.at));
}

/** With one refusal more. */
function counted(
  { denied, refusals }: ProbingRows,
  { event, marks }: LocatedUsageEvent,
  facts: SubjectFacts,
): Refusals {
  const denials = countIn(burstOf(denied.toArray()), event.at, PARAMETERS.windowMs);
  const [, , usual = 0, ...before] = refusals.toArray();
  const actions = countOf(denials) === 1 ? [] : before;
  const isNew = actions.length < PARAMETERS.leastActions && !actions.includes(marks.action);
  // Refusals teach only how many of them are usual.
  const learns = isLearning(event, facts) && facts.cleanUses > 0 && facts.suspectedBy.length === 0;
  return {
    denials,
    usual: Math.min(learns ? Math.max(usual, countOf(denials)) : usual, PARAMETERS.mostUsual),
    actions: isNew ? [...actions, marks.action] : actions,
  };
}

function isLearning({ at, principalKind }: UsageEvent, facts: SubjectFacts): boolean {
  if (!hasLearned(facts, at)) return true;
  const age = at - facts.cleanSince;
  return principalKind === 'person' && age >= PARAMETERS.personFromMs && age < PARAMETERS.personUntilMs;
}

function judgeAll({ denials, actions, usual }: Refusals): readonly Finding[] {
  const { leastDenials, overUsual, leastActions } = PARAMETERS;
  const count = countOf(denials);
  if (count < Math.max(leastDenials, usual * overUsual)) return NO_FINDINGS;
  const isProbing = actions.length >= leastActions;
  const many = isProbing ? ` of ${leastActions} and more actions` : '';
  return [
    {
      severity: isProbing ? 'medium' : 'low',
      confidence: isProbing ? PARAMETERS.probingConfidence : PARAMETERS.brokenConfidence,
      deterministic: false,
      accuses: 'traffic',
      reason: `refused ${count} times${many} within 5 min`,
    },
  ];
}

function samples(): Samples {
  const life = steadyLife({ count: 60, everyMs: 100 });
  const places = SAMPLE_PLACES;
  const refused = (count: number, actions: number, everyMs = 1_000) =>
    Array.from({ length: count }, (_, index) => {
      const use = sampleUse({ afterMs: 7_000 + index * everyMs, outcome: 'authorization', mark: `denied-${index}` });
      return { ...use, action: { kind: 'read' as const, name: `GET /admin/${index % actions}` } };
    });
  return {
    positives: [
      { title: 'refused ten different things', events: [...life, ...refused(10, 10)], places },
      { title: 'refused the same thing a dozen times', events: [...life, ...refused(12, 1)], places },
      { title: 'refused from the first use on', events: refused(10, 5), places },
      {
        title: 'refused hundreds of times, long after as bad a first hour',
        events: [
          sampleUse({ afterMs: 0 }),
          ...refused(600, 1, 400).map((use) => ({ ...use, id: `first-${use.id}` })),
          ...steadyLife({ count: 60, everyMs: 100, afterMs: 3_600_000 }),
          ...refused(400, 10, 400).map((use) => ({ ...use, at: use.at + 7_200_000 })),
        ],
        places,
      },
    ],
    nearMisses: [
      { title: 'refused nine times', events: [...life, ...refused(9, 9)], places },
      { title: 'refused once a minute', events: [...life, ...refused(30, 30, 60_000)], places },
      {
        title: 'refusals of our own',
        events: [...life, ...refused(30, 30).map((use) => ({ ...use, outcome: 'contained' as const }))],
        places,
      },
    ],
  };
}
