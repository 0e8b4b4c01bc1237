import { cloudOf } from './clouds';
import { defineDetector, NO_FINDINGS, type Finding, type Samples, type SubjectFacts } from './detector';
import { consider, distrust, isNew, learn, noneKnown, type KnownValues } from './known-values';
import { dayOf, teaches } from './learning';
import type { LocatedUsageEvent } from './located-event';
import { SAMPLE_PLACES, sampleUse, steadyLife } from './sample-life';

const PARAMETERS = {
  /** A strong single witness: GuardDuty calls an instance's session outside of AWS high (InstanceCredentialExfiltration.OutsideAWS). */
  confidence: 0.7,
  /** Of clean uses with a known operator, by which a workload shows where it lives: a service of two clouds need not use both within a minute. */
  leastUses: 50,
  leastMs: 86_400_000,
} as const;

interface CloudState {
  /** Where clean uses came from: the cloud, or else the operator. */
  readonly places: KnownValues;
  uses: number;
  since: number;
}

/** A workload that lives in one cloud, and is used from outside of it. Of the family of `new-origin`, since both go by the address. */
export const outsideCloud = defineDetector<CloudState>({
  id: 'outside-cloud',
  family: 'origin',
  parameters: PARAMETERS,
  initial: () => ({ places: noneKnown(), uses: 0, since: 0 }),
  judge,
  remember,
  samples,
});

function judge(state: CloudState, located: LocatedUsageEvent): readonly Finding[] {
  const home = homeLeft(state, located);
  if (home === undefined) return NO_FINDINGS;
  const { place } = located;
  const reason = `a workload of ${home} used from ${placeOf(place)} (${place.network})`;
  return [{ severity: 'medium', confidence: PARAMETERS.confidence, deterministic: false, accuses: 'use', reason }];
}

/** The one cloud that the workload lives in, where this use is from elsewhere. */
function homeLeft({ places, uses, since }: CloudState, { event, place }: LocatedUsageEvent): string | undefined {
  const from = placeOf(place);
  if (from === '' || event.principalKind !== 'workload' || places.known.length !== 1) return undefined;
  const home = places.known[0]?.[0] ?? '';
  const isSettled = uses >= PARAMETERS.leastUses && event.at - since >= PARAMETERS.leastMs;
  return isSettled && isCloud(home) && isNew(places, from, dayOf(event.at)) ? home : undefined;
}

function remember(state: CloudState, located: LocatedUsageEvent, facts: SubjectFacts): void {
  const { event, place } = located;
  const from = placeOf(place);
  if (from === '') return;
  const day = dayOf(event.at);
  if (homeLeft(state, located) !== undefined) {
    // Another place that nothing else speaks against becomes known in time, or a move would be told for ever.
    const isHarmless = event.outcome === 'accepted' && facts.suspectedBy.every((family) => family === 'origin');
    (isHarmless ? consider : distrust)(state.places, from, day);
    return;
  }
  if (!teaches(located, facts)) return;
  learn(state.places, from, day);
  state.uses += 1;
  if (state.since === 0) state.since = event.at;
}

function placeOf({ asn = 0 }: LocatedUsageEvent['place']): string {
  return asn === 0 ? '' : cloudOf(asn) || `AS${asn}`;
}

function isCloud(place: string): boolean {
  return place !== '' && !/^AS\d+$/.test(place);
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
  const dayAndMore = { count: 60, everyMs: 1_800_000 } as const;
  const life = steadyLife({ ...dayAndMore, address: amazon });
  const later = 61 * dayAndMore.everyMs;
  const late = (address: string, more: object = {}) => [...life, sampleUse({ afterMs: later, address, ...more })];
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
          ...steadyLife({ ...dayAndMore, afterMs: 20, address: google }),
          sampleUse({ afterMs: later, address: carrier }),
        ].sort((a, b) => a.at - b.at),
        places,
      },
      {
        title: 'a life that is too short to tell',
        events: [
          ...steadyLife({ count: 60, everyMs: 100, address: amazon }),
          sampleUse({ afterMs: 7_000, address: google }),
        ],
        places,
      },
      {
        title: 'a workload that lives in no cloud',
        events: [...steadyLife({ ...dayAndMore, address: carrier }), sampleUse({ afterMs: later, address: amazon })],
        places,
      },
    ],
  };
}
