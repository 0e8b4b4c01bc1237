import { defineDetector, NO_FINDINGS, type Finding, type Samples, type SubjectFacts } from './detector';
import { consider, isNew, isWide, learn, NONE_KNOWN } from './known-values';
import { dayOf, hasLearned, isSettled, mayBecomeKnown, teaches } from './learning';
import type { LocatedUsageEvent } from './located-event';
import { judgeRefused, REFUSED_PARAMETERS, rememberRefused } from './refused-tour';
import { noteRoaming, NOT_ROAMING, roamsIn } from './roaming';
import type { Rows } from './rows';
import { SAMPLE_PLACES, sampleUse, steadyLife } from './sample-life';
import { isMixed, keepSteps, within, withStep, type Step } from './steps';
import { NO_SIZES } from './usual-sizes';

const PARAMETERS = {
  /** More than 5 different new actions within 10 s: reference/detection.md 1.2.10 (Elastic's discovery burst). */
  windowMs: 10_000,
  leastActions: 6,
  /** A release on a new machine with a new library does as much: with `networkAndAgent` of new-origin it is not confident. */
  confidence: 0.45,
  /** Some worked and some were refused: somebody looks for what it may do (Elastic's permission enumeration, within 5 min). */
  mixedConfidence: 0.7,
  slowWindowMs: 300_000,
  slowMixedConfidence: 0.6,
  /** So many within 5 min are another program's, or a person's who takes his time. Ours. */
  slowActions: 12,
  slowConfidence: 0.4,
  ...REFUSED_PARAMETERS,
  /** The first thing it does from a new place is to ask who it is: attackers begin so (reference/detection.md 1.2.10). */
  whoamiConfidence: 0.7,
  /** The same of what asks that elsewhere too, as many programs do when they start; and of what never did, from one more network of many. Ours. */
  weakWhoamiConfidence: 0.3,
  /** Whatever a person does: each page of a console makes ten calls, of which some are refused, and he asks who he is when something does not work. Ours. */
  mostOfPerson: 0.45,
  /** While habits still settle: uses without a new action before new ones count. A deployment that has done ten things has ten more to do. Ours. */
  quietUses: 10,
  /** Many a service does more than thirty different things. Ours. */
  mostKnown: 128,
} as const;

/** What tells a caller whose credential it holds. AWS's and Azure's names, and the paths that APIs use for it. */
const WHOAMI = /GetCallerIdentity|\bwhoami\b|\/(?:me|userinfo|introspect)$/i;

/**
 * What it is known to do, and where from; its latest new actions (steps.ts), as many as decide; how many uses there were since one was learnt; what was refused lately
 * of what it never did, and how much of that is usual (refused-tour.ts).
 */
type ActionRows = Rows<
  'known' | 'networks' | 'systems' | 'roaming' | 'steps' | 'usesSinceNew' | 'refused' | 'refusedSizes'
>;

/** Many actions that the credential is not known for, within seconds or minutes, or within a day where they are refused; or "who am I" from a place it is not known in. */
export const newActions = defineDetector<keyof ActionRows>({
  id: 'new-actions',
  family: 'probing',
  parameters: PARAMETERS,
  initial: {
    known: NONE_KNOWN,
    networks: NONE_KNOWN,
    systems: NONE_KNOWN,
    roaming: NOT_ROAMING,
    steps: [],
    usesSinceNew: [0],
    refused: [],
    refusedSizes: NO_SIZES,
  },
  judge,
  remember,
  samples,
});

function judge(rows: ActionRows, located: LocatedUsageEvent, facts: SubjectFacts): readonly Finding[] {
  const told = judgeAll(rows, located, facts);
  if (located.event.principalKind !== 'person') return told;
  return told.map((one) => ({
    ...one,
    severity: 'low',
    confidence: Math.min(one.confidence, PARAMETERS.mostOfPerson),
  }));
}

function judgeAll(rows: ActionRows, located: LocatedUsageEvent, facts: SubjectFacts): readonly Finding[] {
  const { event, marks } = located;
  // What we refuse says nothing of what its holder would do.
  if (event.outcome === 'contained' || !hasLearned(facts, event.at)) return NO_FINDINGS;
  const day = dayOf(event.at);
  const isNewAction = isNew(rows.known, marks.action, day);
  const counts = isNewAction && newCounts(rows, event.at, facts);
  const told = counts
    ? [...judgeSteps(stepsWith(rows, located), event.at), ...judgeRefused(rows, located)]
    : NO_FINDINGS;
  if (!WHOAMI.test(event.action.name)) return told;
  if (isNewPlace(rows, located)) return [whoami(isNewAction ? 'new' : 'usual'), ...told];
  const isOneOfMany = isNewAction && (isWide(rows.networks) || isNew(rows.networks, marks.network, day));
  return isOneOfMany ? [whoami('one-of-many'), ...told] : told;
}

function remember(rows: ActionRows, located: LocatedUsageEvent, facts: SubjectFacts): void {
  const { event, marks, place } = located;
  if (event.outcome === 'contained') return;
  const day = dayOf(event.at);
  const isNewAction = isNew(rows.known, marks.action, day);
  const counts = newCounts(rows, event.at, facts);
  if (isNewAction && counts) {
    keepSteps(rows.steps, stepsWith(rows, located));
    rememberRefused(rows, located, facts);
  }
  if (teaches(located, facts)) {
    const uses = Math.min(rows.usesSinceNew.get(0) + 1, PARAMETERS.quietUses);
    rows.usesSinceNew.set(0, isNewAction && !counts ? 0 : uses);
    learn(rows.known, marks.action, day, PARAMETERS.mostKnown);
    learn(rows.networks, marks.network, day);
    learn(rows.systems, marks.operator, day);
  } else if (isUsualWhoami(rows, located, facts) && isNewPlace(rows, located)) {
    consider(rows.networks, marks.network, day);
    consider(rows.systems, marks.operator, day);
    noteRoaming(rows.roaming, place, day);
  }
}

/** While it still shows what it does, an action that is new is no news. */
function newCounts({ usesSinceNew }: ActionRows, at: number, facts: SubjectFacts): boolean {
  if (!hasLearned(facts, at)) return false;
  return isSettled(facts, at) || usesSinceNew.get(0) >= PARAMETERS.quietUses;
}

function isNewPlace({ networks, systems, roaming }: ActionRows, { event, marks, place }: LocatedUsageEvent): boolean {
  const day = dayOf(event.at);
  if (isWide(networks)) return isNew(systems, marks.operator, day);
  return isNew(networks, marks.network, day) && !roamsIn(roaming, place, day);
}

/** Nothing else speaks against the network: it becomes known in time, or a service that begins so would be reported for ever where it moved to. */
function isUsualWhoami(rows: ActionRows, located: LocatedUsageEvent, facts: SubjectFacts): boolean {
  const { event, marks } = located;
  return (
    mayBecomeKnown(located, facts) &&
    WHOAMI.test(event.action.name) &&
    !isNew(rows.known, marks.action, dayOf(event.at))
  );
}

/** Its new actions of the slow window. */
function stepsWith({ steps }: ActionRows, located: LocatedUsageEvent): readonly Step[] {
  return withStep(steps, located, PARAMETERS.slowWindowMs, PARAMETERS.slowActions);
}

function judgeSteps(steps: readonly Step[], at: number): readonly Finding[] {
  const { leastActions, slowActions, confidence, mixedConfidence, slowConfidence, slowMixedConfidence } = PARAMETERS;
  const burst = within(steps, at, PARAMETERS.windowMs);
  const isBurst = burst.length >= leastActions;
  if (isBurst && isMixed(burst)) return tour(mixedConfidence, leastActions, '10 s', true);
  if (steps.length >= leastActions && isMixed(steps)) return tour(slowMixedConfidence, leastActions, '5 min', true);
  if (isBurst) return tour(confidence, leastActions, '10 s', false);
  return steps.length >= slowActions ? tour(slowConfidence, slowActions, '5 min', false) : NO_FINDINGS;
}

const COMMON = { deterministic: false, accuses: 'use' } as const;

function tour(confidence: number, least: number, time: string, refused: boolean): readonly Finding[] {
  const reason = `${least} and more actions within ${time} that it is not known for${refused ? ', some of them refused' : ''}`;
  return [{ ...COMMON, severity: confidence >= 0.7 ? 'medium' : 'low', confidence, reason }];
}

const WHOAMI_REASONS = {
  new: 'asked whose credential it is, from a network it is not known in',
  usual: 'asked whose credential it is, as it does elsewhere, from a network it is not known in',
  'one-of-many': 'asked whose credential it is, as it never did',
} as const;

function whoami(how: keyof typeof WHOAMI_REASONS): Finding {
  const confidence = how === 'new' ? PARAMETERS.whoamiConfidence : PARAMETERS.weakWhoamiConfidence;
  const severity = how === 'new' ? 'medium' : 'low';
  return { ...COMMON, severity, confidence, topic: 'whoami', reason: WHOAMI_REASONS[how] };
}

function samples(): Samples {
  const life = steadyLife({ count: 60, everyMs: 100 });
  const places = SAMPLE_PLACES;
  const does = (name: string, afterMs: number, more: Partial<Parameters<typeof sampleUse>[0]> = {}) => ({
    ...sampleUse({ afterMs, mark: name, ...more }),
    action: { kind: 'read' as const, name },
  });
  const steps = (count: number, everyMs: number, refuses = false) =>
    Array.from({ length: count }, (_, index) =>
      does(`GET /admin/${index}`, 7_000 + index * everyMs, {
        outcome: refuses && index % 2 === 1 ? 'authorization' : 'accepted',
      }),
    );
  const refused = (count: number, everyMs: number, different = count) =>
    Array.from({ length: count }, (_, index) =>
      does(`GET /admin/${index % different}`, 7_000 + index * everyMs, { outcome: 'authorization' }),
    );
  return {
    positives: [
      { title: 'six new actions within three seconds', events: [...life, ...steps(6, 500)], places },
      { title: 'half of them refused', events: [...life, ...steps(8, 500, true)], places },
      { title: 'half of them refused, slowly', events: [...life, ...steps(8, 30_000, true)], places },
      { title: 'eight refused, one every quarter of an hour', events: [...life, ...refused(8, 900_000)], places },
      { title: 'a new one every twelve seconds', events: [...life, ...steps(40, 12_000)], places },
      {
        title: 'who am I, from elsewhere',
        events: [...life, does('sts:GetCallerIdentity', 7_000, { address: '198.51.100.20' })],
        places,
      },
      {
        title: 'who am I, from elsewhere, which it asks at home too',
        events: [
          ...life,
          does('sts:GetCallerIdentity', 7_000),
          does('sts:GetCallerIdentity', 8_000, { address: '198.51.100.20' }),
        ],
        places,
      },
    ],
    nearMisses: [
      { title: 'seven refused, again and again', events: [...life, ...refused(28, 900_000, 7)], places },
      {
        title: 'a policy that refuses what it always did',
        events: [
          ...Array.from({ length: 120 }, (_, index) => does(`GET /admin/${index % 12}`, index * 50)),
          ...refused(12, 900_000),
        ],
        places,
      },
      { title: 'five new actions', events: [...life, ...steps(5, 500)], places },
      { title: 'a new one every three seconds, eleven of them', events: [...life, ...steps(11, 3_000)], places },
      { title: 'a new one every half minute', events: [...life, ...steps(40, 30_000)], places },
      { title: 'the same new one twenty times', events: [...life, ...steadyTour(does)], places },
      { title: 'who am I, from home', events: [...life, does('sts:GetCallerIdentity', 7_000)], places },
      {
        title: 'many actions from the start',
        events: Array.from({ length: 90 }, (_, index) => does(`GET /orders/${index % 30}`, index * 100)),
        places,
      },
    ],
  };
}

function steadyTour(does: (name: string, afterMs: number) => ReturnType<typeof sampleUse>) {
  return Array.from({ length: 20 }, (_, index) => ({
    ...does('GET /reports', 7_000 + index * 200),
    id: `report-${index}`,
  }));
}
