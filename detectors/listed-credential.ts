import { defineDetector, NO_FINDINGS, type Finding, type Samples, type SubjectFacts } from './detector';
import type { LocatedUsageEvent } from './located-event';
import { provesPossession } from './possession';
import { SAMPLE_PLACES, sampleControl, sampleUse, steadyLife } from './sample-life';

const PARAMETERS = {
  /** Providers take this long to refuse everywhere; use meanwhile is late, not a breach: reference/detection.md 1.2.1. */
  graceMs: 60_000,
} as const;

/**
 * Use of a version that is revoked, a honeytoken, or known to have leaked. Needs no judgement and no learning. Times are those of the
 * events: a use before the listing is not a use of something listed.
 */
export const listedCredential = defineDetector({
  id: 'listed-credential',
  family: 'listed',
  parameters: PARAMETERS,
  initial: {},
  judge,
  samples,
});

function judge(_rows: unknown, located: LocatedUsageEvent, facts: SubjectFacts): readonly Finding[] {
  const found = located.event.at < facts.listedAt ? undefined : findingOf(located, facts);
  return found ? [found] : NO_FINDINGS;
}

function findingOf({ event }: LocatedUsageEvent, facts: SubjectFacts): Finding | undefined {
  const certain = { confidence: 1, deterministic: true, accuses: 'use' } as const;
  switch (facts.listed) {
    case 'none':
      return undefined;
    case 'honeytoken':
      return { ...certain, severity: 'critical', reason: 'a honeytoken was used, which nobody has a reason to hold' };
    case 'leaked':
      // A value that was rightly issued and is known to others: its owner's own use shows this too, and is no abuse.
      return provesPossession(event)
        ? { ...certain, accuses: 'exposure', severity: 'high', reason: 'the value is in use and known to have leaked' }
        : undefined;
    case 'revoked':
      if (event.outcome !== 'accepted') {
        return { ...certain, severity: 'low', reason: 'the revoked version was tried, and refused' };
      }
      return event.at - facts.listedAt < PARAMETERS.graceMs
        ? { ...certain, severity: 'low', reason: 'the revoked version was accepted while its revocation still spread' }
        : {
            ...certain,
            severity: 'critical',
            reason: 'the revoked version was accepted: its revocation does not hold',
          };
  }
}

function samples(): Samples {
  const places = SAMPLE_PLACES;
  const life = steadyLife({ count: 20, everyMs: 100 });
  const revoked = sampleControl(3_000, 'revoked');
  return {
    positives: [
      {
        title: 'honeytoken, first use ever',
        events: [sampleControl(0, 'honeytoken'), sampleUse({ afterMs: 1 })],
        places,
      },
      {
        title: 'leaked, used on',
        events: [...life, sampleControl(3_000, 'leaked'), sampleUse({ afterMs: 3_001 })],
        places,
      },
      {
        title: 'revoked, and refused',
        events: [revoked, sampleUse({ afterMs: 90_000, outcome: 'contained' })],
        places,
      },
      { title: 'revoked, and accepted', events: [revoked, sampleUse({ afterMs: 90_000 })], places },
    ],
    nearMisses: [
      { title: 'used before it was revoked, reported after', events: [revoked, ...life], places },
      {
        title: 'taken off the list',
        events: [sampleControl(0, 'leaked'), sampleControl(1, 'none'), sampleUse({ afterMs: 2 })],
        places,
      },
      {
        title: 'our own probe of the revoked version',
        events: [revoked, sampleUse({ afterMs: 90_000, outcome: 'contained', probe: 'verify' })],
        places,
      },
    ],
  };
}
