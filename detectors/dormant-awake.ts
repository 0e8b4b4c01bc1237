import { defineDetector, NO_FINDINGS, type Finding, type Samples, type SubjectFacts } from './detector';
import { hasLearned } from './learning';
import type { LocatedUsageEvent } from './located-event';
import { duration } from './person-text';
import type { Rows } from './rows';
import { SAMPLE_PLACES, sampleUse, steadyLife } from './sample-life';

const PARAMETERS = {
  /** No use for 20 days (reference/detection.md 1.2.13 says 30). */
  dormantMs: 20 * 86_400_000,
  confidence: 0.5,
} as const;

/** A credential nobody used for weeks is used again. */
export const dormantAwake = defineDetector<'lastAt'>({
  id: 'dormant-awake',
  family: 'origin',
  parameters: PARAMETERS,
  initial: { lastAt: [0] },
  judge,
  remember,
  samples,
});

function judge({ lastAt }: Rows<'lastAt'>, located: LocatedUsageEvent, facts: SubjectFacts): readonly Finding[] {
  const { at } = located.event;
  const slept = at - lastAt.get(0);
  if (slept < PARAMETERS.dormantMs || !hasLearned(facts, at)) return NO_FINDINGS;
  const { confidence } = PARAMETERS;
  const reason = `used after ${duration(slept)} without any use`;
  return [{ severity: 'low', confidence, deterministic: false, accuses: 'use', reason }];
}

/** When it was last used is a fact and no habit, so a use under suspicion counts too: only the waking one is reported. */
function remember({ lastAt }: Rows<'lastAt'>, { event }: LocatedUsageEvent): void {
  lastAt.set(0, Math.max(event.at, lastAt.get(0)));
}

function samples(): Samples {
  const life = steadyLife({ count: 60, everyMs: 100 });
  const day = 86_400_000;
  const places = SAMPLE_PLACES;
  return {
    positives: [21, 31, 90, 365].map((days) => ({
      title: `${days} days later`,
      events: [...life, sampleUse({ afterMs: days * day })],
      places,
    })),
    nearMisses: [{ title: 'a long weekend later', events: [...life, sampleUse({ afterMs: 4 * day })], places }],
  };
}
