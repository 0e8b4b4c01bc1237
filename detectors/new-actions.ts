import { countIn, type Burst } from './burst';
import { defineDetector, NO_FINDINGS, type Finding, type Samples, type SubjectFacts } from './detector';
import { isNew, learn, NONE_KNOWN } from './known-values';
import { dayOf, hasLearned, teaches } from './learning';
import type { LocatedUsageEvent } from './located-event';
import type { Row, Rows } from './rows';
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
  readonly burst: Burst;
  readonly worked: boolean;
  readonly refused: boolean;
  /** Their marks (marks.ts), as far as they decide. */
  readonly actions: readonly number[];
}

/** What it is known to do, and where from; and a tour, in the order of `Tour`. */
type ActionRows = Rows<'known' | 'networks' | 'tour'>;

/** Many actions within seconds that the credential is not known for, or "who am I" from a place it is not known in. */
export const newActions = defineDetector<keyof ActionRows>({
  id: 'new-actions',
  family: 'probing',
  parameters: PARAMETERS,
  initial: { known: NONE_KNOWN, networks: NONE_KNOWN, tour: [0, 0, 0, 0] },
  judge,
  remember,
  samples,
});

function judge(rows: ActionRows, located: LocatedUsageEvent, facts: SubjectFacts): readonly Finding[] {
  const { event, marks } = located;
  // What we refuse says nothing of what its holder would do.
  if (event.outcome === 'contained' || !hasLearned(facts, event.at)) return NO_FINDINGS;
  const day = dayOf(event.at);
  if (!isNew(rows.known, marks.action, day))
    return rows.tour.length < FULL_TOUR ? NO_FINDINGS : judgeTour(tourIn(rows.tour), false);
  const asksWho = isNew(rows.networks, marks.network, day) && WHOAMI.test(event.action.name);
  return judgeTour(longer(tourIn(rows.tour), located), asksWho);
}

function remember(rows: ActionRows, located: LocatedUsageEvent, facts: SubjectFacts): void {
  const { event, marks } = located;
  if (event.outcome === 'contained') return;
  const day = dayOf(event.at);
  if (hasLearned(facts, event.at) && isNew(rows.known, marks.action, day)) {
    const { burst, worked, refused, actions } = longer(tourIn(rows.tour), located);
    rows.tour.replace([burst.from, burst.count, worked ? 1 : 0, refused ? 1 : 0, ...actions]);
  }
  if (!teaches(located, facts)) return;
  learn(rows.known, marks.action, day);
  learn(rows.networks, marks.network, day);
}

/** Numbers of a tour that something is to be said of. */
const FULL_TOUR = 4 + PARAMETERS.leastActions;

function tourIn(row: Row): Tour {
  const [from = 0, count = 0, worked, refused, ...actions] = row.toArray();
  return { burst: { from, count }, worked: worked === 1, refused: refused === 1, actions };
}

/** The tour with one new action more. */
function longer(tour: Tour, { event: { at, outcome }, marks }: LocatedUsageEvent): Tour {
  const burst = countIn(tour.burst, at, PARAMETERS.windowMs);
  const begins = burst.count === 1;
  const actions = begins ? [] : tour.actions;
  const isAnother = actions.length < PARAMETERS.leastActions && !actions.includes(marks.action);
  return {
    burst,
    worked: (!begins && tour.worked) || outcome === 'accepted',
    refused: (!begins && tour.refused) || outcome === 'authorization',
    actions: isAnother ? [...actions, marks.action] : actions,
  };
}

function judgeTour({ actions, worked, refused }: Tour, asksWho: boolean): readonly Finding[] {
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
  if (actions.length < leastActions) return NO_FINDINGS;
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
