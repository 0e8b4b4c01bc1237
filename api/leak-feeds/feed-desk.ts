import { createHash } from 'node:crypto';
import type { ApiKeyStore } from '../../activities/store/api-keys';
import type { FeedCounts } from '../../activities/store/feed-counts';
import type { SecretVersion } from '../../domain/credential';
import { subjectsOfReported } from '../../domain/reported-value';
import type { Severity } from '../../domain/severity';
import type { Subject } from '../../domain/subject';
import { holdsOurValue } from '../../domain/token-format';
import type { FindVersions } from '../find-versions';
import { FEED_REPORTER } from '../../domain/leak-feed';
import type { LeakReportDesk } from '../leak-report-desk';
import { noteLeakedKeys } from '../note-leaked-keys';
import type { FoundOutcome, FoundSecret } from './feed';
import type { ValueIndex } from '../value-index';

export interface FeedDeskParts {
  readonly apiKeys: Pick<ApiKeyStore, 'noteLeak'>;
  readonly reports: Pick<LeakReportDesk, 'take'>;
  readonly findVersions: FindVersions;
  readonly fingerprintsOf: (value: string) => readonly Subject[];
  /** By the hash of HasMySecretLeaked. */
  readonly hmsl: ValueIndex;
  readonly counts: FeedCounts;
  readonly severity: Severity;
  /** Kinds that are public by design, such as a publishable key: nothing is done about them. */
  readonly publicTypes: ReadonlySet<string>;
}

/** What a person reads of a place: a scanner wrote it, and it may hold the value. */
const LONGEST_PLACE = 200;

/** Acts on what a scanner found. Of what is not ours nothing is kept but the count. */
export function createFeedDesk(parts: FeedDeskParts) {
  async function take(feed: string, found: FoundSecret, now: number): Promise<FoundOutcome> {
    if (parts.publicTypes.has(found.type)) return 'public';
    const reporter = `${FEED_REPORTER}${feed}`;
    const isKey =
      'token' in found.secret &&
      (await noteLeakedKeys(parts.apiKeys, found.secret.token, { source: placeOf(feed, found), reporter }));
    const [version] = await find(parts, found);
    if (!version) return isKey ? 'taken' : 'unknown';
    const { secret } = found;
    await parts.reports.take({
      // The same finding told again, or a replay of it, is the same report.
      id: uuidOf([feed, version.credentialId, String(version.version), found.place, ...occasionOf(found)]),
      subjects: 'token' in secret ? subjectsOfReported(secret.token, parts.fingerprintsOf) : version.subjects,
      source: placeOf(feed, found),
      severity: parts.severity,
      reporter,
      receivedAt: now,
    });
    return 'taken';
  }

  return {
    /** In the order of the findings. One that can't be told keeps none of the others from being taken. @throws the first failure, when all were tried */
    async takeAll(feed: string, found: readonly FoundSecret[], now: number): Promise<readonly FoundOutcome[]> {
      const outcomes: FoundOutcome[] = [];
      const failures: unknown[] = [];
      for (const one of found)
        await take(feed, one, now).then(
          (outcome) => outcomes.push(outcome),
          (error: unknown) => failures.push(error),
        );
      if (failures.length > 0) throw failures[0];
      await parts.counts.add(feed, outcomes);
      return outcomes;
    },
  };
}

export type FeedDesk = ReturnType<typeof createFeedDesk>;

async function find(
  { findVersions, fingerprintsOf, hmsl }: FeedDeskParts,
  { secret }: FoundSecret,
): Promise<readonly SecretVersion[]> {
  if ('hmsl' in secret) return hmsl.find(secret.hmsl);
  return (await findVersions(subjectsOfReported(secret.token, fingerprintsOf))).versions;
}

function placeOf(feed: string, { place, secret }: FoundSecret): string {
  const holdsValue = holdsOurValue(place) || ('token' in secret && place.includes(secret.token));
  return `${feed}: ${holdsValue ? 'a place whose name holds the value' : place.slice(0, LONGEST_PLACE)}`;
}

function occasionOf({ occasion }: FoundSecret): readonly string[] {
  return occasion === undefined ? [] : [occasion];
}

/** Version 8 of RFC 9562: made of a hash. */
function uuidOf(parts: readonly string[]): string {
  const hex = createHash('sha256').update(JSON.stringify(parts)).digest('hex');
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-8${hex.slice(13, 16)}-a${hex.slice(17, 20)}-${hex.slice(20, 32)}`;
}
