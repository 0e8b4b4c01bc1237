import { z } from 'zod';
import type { Database } from '../activities/store/database';
import { createFeedCounts } from '../activities/store/feed-counts';
import { createFeedDeliveries } from '../activities/store/feed-deliveries';
import { createApiKeyStore } from '../activities/store/api-keys';
import { createFeedDesk } from '../api/leak-feeds/feed-desk';
import type { LeakFeeds } from '../api/leak-feeds/feed-routes';
import { githubFeed } from '../api/leak-feeds/github';
import { createGithubKeys } from '../api/leak-feeds/github-keys';
import { gitguardianFeed } from '../api/leak-feeds/gitguardian';
import type { FindVersions } from '../api/find-versions';
import { hmslHash } from '../api/leak-feeds/hmsl-hash';
import { createValueIndex } from '../api/value-index';
import { MOST_PER_FEED_AND_HOUR, type LeakReportDesk } from '../api/leak-report-desk';
import type { Inventory, SecretStore } from '../domain/ports/stores';
import { SEVERITIES } from '../domain/severity';
import type { Subject } from '../domain/subject';
import { isSafeToFetch } from '../domain/safe-to-fetch';
import { readSecretFile } from './config';
import { readYamlFile } from './yaml-file';

/** Keys that come over an open line could be anybody's. */
const keysUrl = z
  .url({ protocol: /^https?$/, error: 'is no URL' })
  .refine((url) => isSafeToFetch(new URL(url)), { message: 'is not https://' });

const leakFeedsFile = z.strictObject({
  github: z
    .strictObject({ keysUrl: keysUrl.default('https://api.github.com/meta/public_keys/secret_scanning') })
    .optional(),
  gitguardian: z.strictObject({ signatureTokenFile: z.string().min(1) }).optional(),
  severity: z.enum(SEVERITIES).default('high'),
  /** The scanners' names of kinds that are public by design. */
  publicTypes: z.array(z.string().min(1).max(200)).max(100).default([]),
  /** Of one scanner; what is above it waits, and people are told. */
  maxReportsPerHour: z.number().int().min(1).max(10_000).default(MOST_PER_FEED_AND_HOUR),
});

export type LeakFeedsFile = z.infer<typeof leakFeedsFile>;

/** @throws IncidentError CONFIG_INVALID listing every fault with its place */
export function readLeakFeeds(path: string | undefined): LeakFeedsFile | undefined {
  return path === undefined ? undefined : readYamlFile(path, leakFeedsFile);
}

interface FeedParts {
  readonly database: Database;
  readonly inventory: Inventory;
  readonly secrets: SecretStore;
  readonly reports: LeakReportDesk;
  readonly findVersions: FindVersions;
  readonly fingerprintsOf: (value: string) => readonly Subject[];
}

/** The scanners that the file names. */
export function openLeakFeeds(
  { github, gitguardian, severity, publicTypes }: LeakFeedsFile,
  { database, inventory, secrets, reports, findVersions, fingerprintsOf }: FeedParts,
): LeakFeeds {
  return {
    feeds: [
      ...(github ? [githubFeed(createGithubKeys(github.keysUrl))] : []),
      ...(gitguardian ? [gitguardianFeed(readSecretFile(gitguardian.signatureTokenFile))] : []),
    ],
    deliveries: createFeedDeliveries(database),
    desk: createFeedDesk({
      apiKeys: createApiKeyStore(database),
      reports,
      findVersions,
      fingerprintsOf,
      hmsl: createValueIndex({ inventory, secrets, hashOf: hmslHash }),
      counts: createFeedCounts(database),
      severity,
      publicTypes: new Set(publicTypes),
    }),
  };
}
