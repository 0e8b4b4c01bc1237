import type { IntelEvent, Listing } from '../domain/intel';
import { LAST_TIME } from '../domain/last-time';
import { defineDetector, NO_FINDINGS, type Finding, type Samples, type SubjectFacts } from './detector';
import { consider, distrust, isNew, isWide, learn, NOTHING_BUT_NEWS, type KnownValues } from './known-values';
import { dayOf } from './learning';
import type { LocatedUsageEvent } from './located-event';
import type { Rows } from './rows';
import { SAMPLE_PLACES, SAMPLE_START, sampleUse, steadyLife } from './sample-life';

/**
 * reference/detection.md 1.2.4: by how many lists name an address (1 low, 3 medium, 5 high), and Tor, VPN and datacenters as context that counts with others
 * only. What a whole list is worth is its owner's word; GuardDuty's MaliciousIPCaller, of lists that Amazon keeps or the user gives, is medium. A strong single
 * witness begins at 0.7 (assess.ts).
 */
const PARAMETERS = {
  low: 0.3,
  medium: 0.5,
  high: 0.75,
  someSources: 3,
  manySources: 5,
  /** Of an address that the credential was used from on three days before anybody listed it: most are listed for a neighbour's sake. */
  familiar: 0.3,
} as const;

/** Networks it is used from, on three days with nothing against it (known-values.ts). */
type IntelRows = Rows<'habits'>;

/** The credential was used from an address that a list of others calls hostile. */
export const threatIntel = defineDetector<'habits'>({
  id: 'threat-intel',
  family: 'intel',
  parameters: PARAMETERS,
  initial: { habits: NOTHING_BUT_NEWS },
  judge,
  remember,
  samples,
});

function judge({ habits }: IntelRows, located: LocatedUsageEvent): readonly Finding[] {
  const { listings, marks, event } = located;
  const gravest = gravestOf(listings);
  if (!gravest) return NO_FINDINGS;
  const familiar = isKnown(habits, marks.network, dayOf(event.at));
  const confidence = familiar ? Math.min(PARAMETERS.familiar, weightOf(gravest)) : weightOf(gravest);
  return [finding(gravest, listings, confidence, located)];
}

/** Only what is not listed becomes a habit: nobody gets used to a thief. */
function remember({ habits }: IntelRows, located: LocatedUsageEvent, { suspectedBy }: SubjectFacts): void {
  const { listings, marks, event } = located;
  if (event.outcome !== 'accepted' || gravestOf(listings)) return;
  const day = dayOf(event.at);
  if (suspectedBy.length > 0) distrust(habits, marks.network);
  else if (isKnown(habits, marks.network, day)) learn(habits, marks.network, day);
  else consider(habits, marks.network, day);
}

function gravestOf(listings: readonly Listing[]): Listing | undefined {
  if (listings.length === 0 || listings.some(({ says }) => says === 'harmless')) return undefined;
  return listings.filter(({ says }) => says === 'hostile').sort(byWeight)[0];
}

function isKnown(habits: KnownValues, network: number, day: number): boolean {
  return network !== 0 && !isWide(habits) && !isNew(habits, network, day);
}

function weightOf({ trust, sources }: Listing): number {
  const counted =
    sources >= PARAMETERS.manySources ? PARAMETERS.high : sources >= PARAMETERS.someSources ? PARAMETERS.medium : 0;
  return Math.max(PARAMETERS[trust], counted);
}

function byWeight(a: Listing, b: Listing): number {
  return weightOf(b) - weightOf(a) || (a.list < b.list ? -1 : 1);
}

function finding(
  gravest: Listing,
  listings: readonly Listing[],
  confidence: number,
  { event }: LocatedUsageEvent,
): Finding {
  const others = listings.length - 1;
  const more = [
    ...(gravest.sources > 1 ? [`${gravest.sources} sources`] : []),
    // Those that a backtest was given never run out.
    ...(gravest.until < LAST_TIME ? [`until ${new Date(gravest.until).toISOString().slice(0, 16)}Z`] : []),
  ];
  const known = more.length > 0 ? ` (${more.join(', ')})` : '';
  const beside = others > 0 ? ` and ${others} more` : '';
  return {
    severity: confidence >= 0.7 ? 'medium' : 'low',
    confidence,
    deterministic: false,
    accuses: 'use',
    topic: gravest.list,
    reason: `used from ${event.client.address}, which the threat list ${gravest.list}${beside} names${known}`,
  };
}

function samples(): Samples {
  const thief = '198.51.100.20';
  const day = 86_400_000;
  const until = SAMPLE_START + 30 * day;
  const lists = (afterMs: number, ...named: readonly IntelEvent['lists'][number][]): IntelEvent => ({
    kind: 'intel',
    id: `lists-${afterMs}`,
    at: SAMPLE_START + afterMs,
    lists: [...named],
  });
  const list = (name: string, more: Partial<IntelEvent['lists'][number]> = {}) => ({
    ...{ name, content: name.repeat(64).slice(0, 64), says: 'hostile' as const, trust: 'medium' as const, until },
    ...more,
  });
  const life = steadyLife({ count: 60, everyMs: 100 });
  const use = sampleUse({ afterMs: 7_000, address: thief });
  const shared = { places: SAMPLE_PLACES, listed: { [thief]: ['a', 'c'] } };
  return {
    positives: [
      { ...shared, title: 'first use of all, from a listed address', events: [lists(0, list('a')), use] },
      { ...shared, title: 'a listed address after a quiet life', events: [lists(0, list('a')), ...life, use] },
      { ...shared, title: 'listed meanwhile', events: [...life, lists(6_500, list('a')), use] },
    ],
    nearMisses: [
      { ...shared, title: 'no list is in force', events: [...life, sampleUse({ afterMs: 7_000 })] },
      { ...shared, title: 'on no list', events: [lists(0, list('a')), ...life] },
      {
        ...shared,
        title: 'the list has run out',
        events: [
          lists(0, list('a', { until: SAMPLE_START + 6_999 })),
          ...life,
          sampleUse({ afterMs: 7_000, address: '198.51.100.21' }),
        ],
      },
      {
        ...shared,
        title: 'the list was taken away',
        events: [lists(0, list('a')), lists(6_500), sampleUse({ afterMs: 7_000 })],
      },
      {
        ...shared,
        title: 'another list knows it for harmless',
        events: [lists(0, list('a'), list('c', { says: 'harmless' })), use],
      },
    ],
  };
}
