import { countIn, NO_BURST, type Burst } from './burst';
import { defineDetector, NO_FINDINGS, type Finding, type Samples, type SubjectFacts } from './detector';
import { isNew, learn, noneKnown, type KnownValues } from './known-values';
import { dayOf, hasLearned, teaches } from './learning';
import type { LocatedUsageEvent } from './located-event';
import { SAMPLE_PLACES, sampleUse, steadyLife } from './sample-life';

const PARAMETERS = {
  /** More than 5 different new actions within 10 s: reference/detection.md 1.2.10 (Elastic's discovery burst). */
  windowMs: 10_000,
  leastActions: 6,
  confidence: 0.5,
  /** Some worked and some were refused: somebody looks for what it may do (Elastic's permission enumeration). */
  mixedConfidence: 0.7,
  /** The first thing it does from a new place is to ask who it is: attackers begin so (reference/detection.md 1.2.10). */
  whoamiConfidence: 0.7,
} as const;

/** What tells a caller whose credential it holds. AWS's and Azure's names, and the paths that APIs use for it. */
const WHOAMI = /GetCallerIdentity|\bwhoami\b|\/(?:me|userinfo|introspect)$/i;

/** New actions of one window. */
interface Tour {
  burst: Burst;
  names: string[];
  worked: boolean;
  refused: boolean;
}

interface ActionsState extends Tour {
  readonly known: KnownValues;
  readonly networks: KnownValues;
}

/** Many actions within seconds that the credential is not known for, or "who am I" from a place it is not known in. */
export const newActions = defineDetector<ActionsState>({
  id: 'new-actions',
  family: 'probing',
  parameters: PARAMETERS,
  initial: () => ({
    known: noneKnown(),
    networks: noneKnown(),
    burst: NO_BURST,
    names: [],
    worked: false,
    refused: false,
  }),
  judge,
  remember,
  samples,
});

function judge(state: ActionsState, located: LocatedUsageEvent, facts: SubjectFacts): readonly Finding[] {
  const { at, action, outcome } = located.event;
  // What we refuse says nothing of what its holder would do.
  if (outcome === 'contained' || !hasLearned(facts, at)) return NO_FINDINGS;
  const day = dayOf(at);
  if (!isNew(state.known, action.name, day)) return judgeTour(state, false);
  const asksWho = isNew(state.networks, located.place.network, day) && WHOAMI.test(action.name);
  return judgeTour(longer(state, located), asksWho);
}

function remember(state: ActionsState, located: LocatedUsageEvent, facts: SubjectFacts): void {
  const { at, action, outcome } = located.event;
  if (outcome === 'contained') return;
  const day = dayOf(at);
  if (hasLearned(facts, at) && isNew(state.known, action.name, day)) Object.assign(state, longer(state, located));
  if (!teaches(located, facts)) return;
  learn(state.known, action.name, day);
  learn(state.networks, located.place.network, day);
}

/** The tour with one new action more. */
function longer(tour: Tour, { event: { at, action, outcome } }: LocatedUsageEvent): Tour {
  const burst = countIn(tour.burst, at, PARAMETERS.windowMs);
  const begins = burst.count === 1;
  const names = begins ? [] : tour.names;
  const isAnother = names.length < PARAMETERS.leastActions && !names.includes(action.name);
  return {
    burst,
    names: isAnother ? [...names, action.name] : names,
    worked: (!begins && tour.worked) || outcome === 'accepted',
    refused: (!begins && tour.refused) || outcome === 'authorization',
  };
}

function judgeTour({ names, worked, refused }: Tour, asksWho: boolean): readonly Finding[] {
  const { leastActions, confidence, mixedConfidence, whoamiConfidence } = PARAMETERS;
  const common = { deterministic: false, accuses: 'use' } as const;
  if (asksWho)
    return [
      {
        ...common,
        severity: 'medium',
        confidence: whoamiConfidence,
        topic: 'whoami',
        reason: 'asked whose credential it is, from a network it is not known in',
      },
    ];
  if (names.length < leastActions) return NO_FINDINGS;
  const isMixed = worked && refused;
  return [
    {
      ...common,
      severity: isMixed ? 'medium' : 'low',
      confidence: isMixed ? mixedConfidence : confidence,
      reason: `${leastActions} and more actions within 10 s that it is not known for${isMixed ? ', some of them refused' : ''}`,
    },
  ];
}

function samples(): Samples {
  const life = steadyLife({ count: 60, everyMs: 100 });
  const places = SAMPLE_PLACES;
  const does = (name: string, afterMs: number, more: Partial<Parameters<typeof sampleUse>[0]> = {}) => ({
    ...sampleUse({ afterMs, mark: name, ...more }),
    action: { kind: 'read' as const, name },
  });
  const tour = (count: number, everyMs: number, refuses = false) =>
    Array.from({ length: count }, (_, index) =>
      does(`GET /admin/${index}`, 7_000 + index * everyMs, {
        outcome: refuses && index % 2 === 1 ? 'authorization' : 'accepted',
      }),
    );
  return {
    positives: [
      { title: 'six new actions within three seconds', events: [...life, ...tour(6, 500)], places },
      { title: 'half of them refused', events: [...life, ...tour(8, 500, true)], places },
      {
        title: 'who am I, from elsewhere',
        events: [...life, does('sts:GetCallerIdentity', 7_000, { address: '198.51.100.20' })],
        places,
      },
    ],
    nearMisses: [
      { title: 'five new actions', events: [...life, ...tour(5, 500)], places },
      { title: 'a new one every three seconds', events: [...life, ...tour(20, 3_000)], places },
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
