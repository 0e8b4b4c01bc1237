import { countIn, NO_BURST, type Burst } from './burst';
import { defineDetector, NO_FINDINGS, type Finding, type Samples, type SubjectFacts } from './detector';
import { hasLearned } from './learning';
import type { LocatedUsageEvent } from './located-event';
import { SAMPLE_PLACES, sampleUse, steadyLife } from './sample-life';

const PARAMETERS = {
  /** At least 10 refusals within 5 minutes: reference/detection.md 1.2.10 (Panther 15 in 10 min, Elastic 10 in 5 min). */
  windowMs: 300_000,
  leastDenials: 10,
  /** A client that is refused the same again and again is broken; one that is refused many things looks for what it may do. */
  leastActions: 4,
  brokenConfidence: 0.5,
  probingConfidence: 0.75,
  /** Times the most that was usual while learning. */
  overUsual: 3,
} as const;

interface ProbingState {
  denials: Burst;
  /** Different actions that were refused in this window, as far as they decide. */
  actions: string[];
  /** Most refusals of one window while habits were learnt. */
  usual: number;
}

/** The credential is refused again and again: somebody looks for what it may do. */
export const privilegeProbing = defineDetector<ProbingState>({
  id: 'privilege-probing',
  family: 'probing',
  parameters: PARAMETERS,
  initial: () => ({ denials: NO_BURST, actions: [], usual: 0 }),
  judge,
  remember,
  samples,
});

function judge(state: ProbingState, located: LocatedUsageEvent, facts: SubjectFacts): readonly Finding[] {
  return located.event.outcome === 'authorization' ? judgeAll(counted(state, located, facts)) : NO_FINDINGS;
}

function remember(state: ProbingState, located: LocatedUsageEvent, facts: SubjectFacts): void {
  if (located.event.outcome === 'authorization') Object.assign(state, counted(state, located, facts));
}

/** The state with one refusal more. */
function counted(state: ProbingState, { event: { at, action } }: LocatedUsageEvent, facts: SubjectFacts): ProbingState {
  const denials = countIn(state.denials, at, PARAMETERS.windowMs);
  const before = denials.count === 1 ? [] : state.actions;
  const isNew = before.length < PARAMETERS.leastActions && !before.includes(action.name);
  // Refusals teach only how many of them are usual, and only while habits are learnt.
  const learns = !hasLearned(facts, at) && facts.cleanUses > 0 && facts.suspectedBy.length === 0;
  return {
    denials,
    actions: isNew ? [...before, action.name] : before,
    usual: learns ? Math.max(state.usual, denials.count) : state.usual,
  };
}

function judgeAll({ denials, actions, usual }: ProbingState): readonly Finding[] {
  const { leastDenials, overUsual, leastActions } = PARAMETERS;
  if (denials.count < Math.max(leastDenials, usual * overUsual)) return NO_FINDINGS;
  const isProbing = actions.length >= leastActions;
  const many = isProbing ? ` of ${leastActions} and more actions` : '';
  return [
    {
      severity: isProbing ? 'medium' : 'low',
      confidence: isProbing ? PARAMETERS.probingConfidence : PARAMETERS.brokenConfidence,
      deterministic: false,
      accuses: 'traffic',
      reason: `refused ${denials.count} times${many} within 5 min`,
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
