import { defineDetector, NO_FINDINGS, type Finding, type Samples, type SubjectFacts } from './detector';
import type { LocatedUsageEvent } from './located-event';
import { forPerson } from './person-text';
import { SAMPLE_PLACES, sampleBreach, sampleUse, steadyLife } from './sample-life';

const PARAMETERS = {
  /**
   * A strong single witness and no more (design.md, "Severity and strategy"): a service that begins to do something new in the very hour of
   * its containment looks the same.
   */
  confidence: 0.7,
} as const;

/** A known context that broke the limits of its lane: what a gateway reported of this very use, which it refused. */
export const laneBreach = defineDetector({
  id: 'lane-breach',
  family: 'lane',
  parameters: PARAMETERS,
  initial: {},
  judge,
  samples,
});

function judge(_rows: unknown, { event }: LocatedUsageEvent, { breach }: SubjectFacts): readonly Finding[] {
  if (breach?.use !== event.id) return NO_FINDINGS;
  const context = forPerson(breach.context);
  const did =
    breach.what === 'rate'
      ? `made ${forPerson(breach.detail)} requests within a minute`
      : `called ${forPerson(breach.detail.replaceAll('*', ':id'), 80)}, which it never did before`;
  const reason = `its lane was breached: the context "${context}" ${did}`;
  const { confidence } = PARAMETERS;
  return [{ severity: 'medium', confidence, deterministic: false, accuses: 'use', reason }];
}

function samples(): Samples {
  const life = steadyLife({ count: 20, everyMs: 100 });
  const places = SAMPLE_PLACES;
  const broken = sampleUse({ afterMs: 3_000, outcome: 'contained', mark: 'admin' });
  const later = sampleUse({ afterMs: 4_000, outcome: 'contained', mark: 'later' });
  return {
    positives: [
      {
        title: 'an endpoint it never called',
        events: [...life, sampleBreach(broken, 'new-endpoint', 'GET /admin/*'), broken],
        places,
      },
      { title: 'many times its cap', events: [...life, sampleBreach(broken, 'rate', '3001'), broken], places },
    ],
    nearMisses: [
      { title: 'refused in its lane, and reported by nobody', events: [...life, broken, later], places },
      {
        title: 'a report of a use that never came',
        events: [...life, sampleBreach(broken, 'rate', '3001'), later],
        places,
      },
      {
        title: 'the use came before the report of it',
        events: [...life, broken, sampleBreach(broken, 'rate', '3001'), later],
        places,
      },
    ],
  };
}
