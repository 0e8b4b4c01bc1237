import type { UsageEvent } from '../domain/usage-event';
import { cloudOf } from './clouds';
import { defineDetector, NO_FINDINGS, type Finding, type Samples, type SubjectFacts } from './detector';
import { getUsedTo, isNew, type Known, learn, NOTHING_BUT_NEWS, onlyOneOf, valuesOf, weighNews } from './known-values';
import { dayOf, OF_THE_UNUSUAL, teaches, testimonyOf } from './learning';
import type { LocatedUsageEvent } from './located-event';
import { markOf } from './marks';
import type { Rows } from './rows';
import { SAMPLE_PLACES, sampleUse, steadyLife } from './sample-life';
import { workstationAgent } from './workstation-agents';

const PARAMETERS = {
  /** A strong single witness: GuardDuty calls an instance's session outside of AWS high (InstanceCredentialExfiltration.OutsideAWS). */
  confidence: 0.7,
  /** Of clean uses with a known operator, by which a workload shows where it lives: a service of two clouds need not use both within a minute. */
  leastUses: 50,
  leastMs: 86_400_000,
  /** In which a credential of which no source says whose it is shows that it is a workload's: a person's desk is in a cloud at times, and seldom for so long. Ours. */
  unsaidMs: 3 * 86_400_000,
  /** So long after a person's program it is a person's. As known values are forgotten (known-values.ts). */
  personMs: 30 * 86_400_000,
} as const;

/**
 * `places`: where clean uses came from, the cloud or else the operator. `life`: the operator that was learnt last, which is of the only place where one is known; how many
 * uses there were; and when the first was. Of what nobody calls a workload's a place is known once it was used on three days: a try from a desk is no home. `who`: 1 once a source called it a workload's; and when last a program was seen that only people drive.
 */
type CloudRows = Rows<'places' | 'life' | 'who'>;

const SYSTEM = 0;
const USES = 1;
const SINCE = 2;

/** A home, too: endpoints within a cloud's own network, and a cluster's. */
const PRIVATE_NETWORKS = 'private networks';
const PRIVATE = markOf(PRIVATE_NETWORKS);

const IS_WORKLOAD = 0;
const PERSON_AT = 1;

/** The credential of a workload that lives in one cloud, or in private networks, is used from outside of it. Of the family of `new-origin`, since both go by the address. */
export const outsideCloud = defineDetector<keyof CloudRows>({
  id: 'outside-cloud',
  family: 'origin',
  parameters: PARAMETERS,
  initial: { places: NOTHING_BUT_NEWS, life: [0, 0, 0], who: [0, 0] },
  judge,
  remember,
  samples,
});

function judge(rows: CloudRows, located: LocatedUsageEvent): readonly Finding[] {
  const home = homeLeft(rows, located);
  if (home === undefined) return NO_FINDINGS;
  const { event, place } = located;
  const from = `used from ${placeOf(located)} (${place.network})`;
  const reason = isSaidToBeWorkload(rows, event)
    ? `a workload of ${home} ${from}`
    : `${from}, and only in ${home} before`;
  return [{ severity: 'medium', confidence: PARAMETERS.confidence, deterministic: false, accuses: 'use', reason }];
}

/** The one cloud that the workload lives in, where this use is from elsewhere. */
function homeLeft(rows: CloudRows, located: LocatedUsageEvent): string | undefined {
  const { event, place } = located;
  const { places, life } = rows;
  if (event.principalKind === 'person' || life.get(USES) < PARAMETERS.leastUses) return undefined;
  const isPrivateHome = onlyOneOf(places) === PRIVATE;
  const home = isPrivateHome ? PRIVATE_NETWORKS : onlyOneOf(places) === 0 ? '' : cloudOf(life.get(SYSTEM));
  if (home === '' || !isWorkload(rows, event)) return undefined;
  // What was seen within a cloud's private network leaves it by an address of the cloud.
  if (isPrivate(located) || (isPrivateHome && cloudOf(place.asn ?? 0) !== '')) return undefined;
  return isNew(places, markOf(placeOf(located)), dayOf(event.at)) ? home : undefined;
}

function isWorkload(rows: CloudRows, event: UsageEvent): boolean {
  const { leastMs, unsaidMs, personMs } = PARAMETERS;
  const lived = event.at - rows.life.get(SINCE);
  if (isSaidToBeWorkload(rows, event)) return lived >= leastMs;
  const isPerson = event.at - rows.who.get(PERSON_AT) < personMs;
  return lived >= unsaidMs && !isPerson;
}

/** Of this use or an earlier one: whoever stole it may look like nothing that a source knows. */
function isSaidToBeWorkload({ who }: CloudRows, { principalKind }: UsageEvent): boolean {
  return principalKind === 'workload' || who.get(IS_WORKLOAD) === 1;
}

function remember(rows: CloudRows, located: LocatedUsageEvent, facts: SubjectFacts): void {
  const { event } = located;
  const { places } = rows;
  const mark = markOf(placeOf(located));
  if (mark === 0) return;
  const day = dayOf(event.at);
  if (homeLeft(rows, located) !== undefined) {
    // Another place that nothing else speaks against becomes known in time, or a move would be told for ever.
    weighNews(places, mark, day, testimonyOf(OF_THE_UNUSUAL, located, facts));
    return;
  }
  if (!teaches(located, facts)) return;
  learnPlace(rows, located, mark, day);
  if (event.principalKind === 'workload') rows.who.set(IS_WORKLOAD, 1);
  else if (workstationAgent(event.client.agent)?.scriptable === false) rows.who.set(PERSON_AT, event.at);
}

function learnPlace(rows: CloudRows, located: LocatedUsageEvent, mark: number, day: number): void {
  const { event, place } = located;
  const { places, life } = rows;
  life.add(USES, 1);
  if (life.get(SINCE) === 0) life.set(SINCE, event.at);
  const only = onlyOneOf(places);
  if (mark === PRIVATE && only !== 0 && only !== PRIVATE) return;
  const cloud: readonly Known[] = only === PRIVATE && cloudOf(place.asn ?? 0) !== '' ? [[mark, day]] : [];
  if (cloud.length > 0) places.replace(valuesOf(cloud, []));
  else (isSaidToBeWorkload(rows, event) ? learn : getUsedTo)(places, mark, day);
  if (!isNew(places, mark, day)) life.set(SYSTEM, place.asn ?? 0);
}

/** Sources that may see a proxy in place of the client. */
const BEHIND_PROXIES: readonly string[] = ['nginx', 'envoy'];

/** RFC 1918, RFC 6598 and RFC 4193, as `networkKey` writes them. */
const PRIVATE_NETWORK =
  /^(?:10|192\.168|172\.(?:1[6-9]|2\d|3[01])|100\.(?:6[4-9]|[7-9]\d|1[01]\d|12[0-7]))\.|^f[cd][\da-f]{2}:/;

function isPrivate({ event, place }: LocatedUsageEvent): boolean {
  return (place.asn ?? 0) === 0 && PRIVATE_NETWORK.test(place.network) && !BEHIND_PROXIES.includes(event.source);
}

function placeOf(located: LocatedUsageEvent): string {
  const { asn = 0 } = located.place;
  if (asn === 0) return isPrivate(located) ? PRIVATE_NETWORKS : '';
  return cloudOf(asn) || `AS${asn}`;
}

function samples(): Samples {
  const [amazon, other, google, carrier] = ['192.0.2.10', '192.0.2.77', '198.51.100.20', '203.0.113.30'];
  const places = {
    ...SAMPLE_PLACES,
    [amazon]: { network: '192.0.2.0/24', country: 'DE', asn: 16509 },
    [other]: { network: '192.0.2.0/24', country: 'DE', asn: 14618 },
    '10.0.0.7': { network: '10.0.0.0/24', country: '' },
    [google]: { network: '198.51.100.0/24', country: 'US', asn: 396982 },
    [carrier]: { network: '203.0.113.0/24', country: 'DE', asn: 3320 },
  };
  const dayAndMore = { count: 60, everyMs: 1_800_000 } as const;
  const life = steadyLife({ ...dayAndMore, address: amazon });
  const inPrivate = steadyLife({ ...dayAndMore, address: '10.0.0.7' });
  const later = 61 * dayAndMore.everyMs;
  const late = (address: string, more: object = {}) => [...life, sampleUse({ afterMs: later, address, ...more })];
  const unsaid = { principalKind: 'unknown' } as const;
  const weeks = (more: object = {}) => [
    ...steadyLife({ count: 400, everyMs: 1_800_000, address: amazon, ...unsaid, ...more }),
    sampleUse({ afterMs: 400 * 1_800_000, address: carrier, ...unsaid }),
  ];
  return {
    positives: [
      { title: "a workload of one cloud from a carrier's line", events: late(carrier), places },
      { title: 'a workload of one cloud from another', events: late(google), places },
      { title: 'what nobody calls a workload, and lived in one cloud for a week', events: weeks(), places },
      {
        title: 'a workload of private networks from a carrier',
        events: [...inPrivate, sampleUse({ afterMs: later, address: carrier })],
        places,
      },
      { title: 'a workload, used in a way that nobody calls one', events: late(carrier, unsaid), places },
    ],
    nearMisses: [
      { title: 'another network of the same cloud', events: late(other), places },
      { title: 'a person', events: late(carrier, { principalKind: 'person' }), places },
      {
        title: 'what nobody calls a workload, and was driven from a Mac',
        events: weeks({ agent: 'aws-cli/2.15.0 Python/3.11.6 Darwin/23.1.0' }),
        places,
      },
      {
        title: 'what nobody calls a workload, after a day',
        events: late(carrier, unsaid).map((use) => ({ ...use, ...unsaid })),
        places,
      },
      { title: 'an address of which nobody knows whose it is', events: late('10.0.0.7'), places },
      {
        title: 'a workload of private networks from an address of a cloud',
        events: [...inPrivate, sampleUse({ afterMs: later, address: amazon })],
        places,
      },
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
