import { cloudOf } from './clouds';
import { defineDetector, NO_FINDINGS, type Finding, type Samples, type SubjectFacts } from './detector';
import { hasLearned, teaches } from './learning';
import type { LocatedUsageEvent } from './located-event';
import { SAMPLE_PLACES, sampleUse, steadyLife } from './sample-life';

const PARAMETERS = {
  /** A strong single witness: GuardDuty calls an instance's session outside of AWS high (InstanceCredentialExfiltration.OutsideAWS). */
  confidence: 0.7,
} as const;

interface CloudState {
  /** Where every clean use came from; empty until one has, and `-` once they came from several places, or from none that is a cloud. */
  home: string;
}

/** Lives in no cloud alone: no place says anything of it. */
const NOWHERE_ALONE = '-';

/** A workload that lives in one cloud, and is used from outside of it. */
export const outsideCloud = defineDetector<CloudState>({
  id: 'outside-cloud',
  family: 'workload',
  parameters: PARAMETERS,
  initial: () => ({ home: '' }),
  judge,
  remember,
  samples,
});

function judge({ home }: CloudState, { event, place }: LocatedUsageEvent, facts: SubjectFacts): readonly Finding[] {
  const { asn = 0 } = place;
  if (home === '' || home === NOWHERE_ALONE || asn === 0 || event.principalKind !== 'workload') return NO_FINDINGS;
  const cloud = cloudOf(asn);
  if (cloud === home || !hasLearned(facts, event.at)) return NO_FINDINGS;
  const where = cloud === '' ? `AS${asn}` : cloud;
  const reason = `a workload of ${home} used from ${where} (${place.network})`;
  return [{ severity: 'medium', confidence: PARAMETERS.confidence, deterministic: false, accuses: 'use', reason }];
}

function remember(state: CloudState, located: LocatedUsageEvent, facts: SubjectFacts): void {
  const { asn = 0 } = located.place;
  if (asn === 0 || state.home === NOWHERE_ALONE || !teaches(located, facts)) return;
  const cloud = cloudOf(asn);
  if (cloud !== '' && (state.home === '' || state.home === cloud)) state.home = cloud;
  else state.home = NOWHERE_ALONE;
}

function samples(): Samples {
  const [amazon, other, google, carrier] = ['192.0.2.10', '192.0.2.77', '198.51.100.20', '203.0.113.30'];
  const places = {
    ...SAMPLE_PLACES,
    [amazon]: { network: '192.0.2.0/24', country: 'DE', asn: 16509 },
    [other]: { network: '192.0.2.0/24', country: 'DE', asn: 14618 },
    [google]: { network: '198.51.100.0/24', country: 'US', asn: 396982 },
    [carrier]: { network: '203.0.113.0/24', country: 'DE', asn: 3320 },
  };
  const life = steadyLife({ count: 60, everyMs: 100, address: amazon });
  const late = (address: string, more: object = {}) => [...life, sampleUse({ afterMs: 7_000, address, ...more })];
  return {
    positives: [
      { title: "a workload of one cloud from a carrier's line", events: late(carrier), places },
      { title: 'a workload of one cloud from another', events: late(google), places },
    ],
    nearMisses: [
      { title: 'another network of the same cloud', events: late(other), places },
      { title: 'a person', events: late(carrier, { principalKind: 'person' }), places },
      { title: 'an address of which nobody knows whose it is', events: late('10.0.0.7'), places },
      {
        title: 'a workload of two clouds',
        events: [
          ...life,
          ...steadyLife({ count: 60, everyMs: 100, afterMs: 20, address: google }),
          sampleUse({ afterMs: 7_000, address: carrier }),
        ].sort((a, b) => a.at - b.at),
        places,
      },
      {
        title: 'a workload that lives in no cloud',
        events: [
          ...steadyLife({ count: 60, everyMs: 100, address: carrier }),
          sampleUse({ afterMs: 7_000, address: amazon }),
        ],
        places,
      },
    ],
  };
}
