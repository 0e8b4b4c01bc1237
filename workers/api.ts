import type { Logger } from 'pino';
import { createApiKeyStore } from '../activities/store/api-keys';
import { openDatabase } from '../activities/store/database';
import { createChildTokenStore } from '../activities/store/child-tokens';
import { createInventory } from '../activities/store/inventory';
import { createMovedByHand } from '../activities/store/moved-by-hand';
import { createLeakReportStore } from '../activities/store/leak-reports';
import { createRequestLog } from '../activities/store/request-log';
import { createTokenStore } from '../activities/store/token-store';
import { createFindVersions } from '../api/find-versions';
import { createLeakReportDesk } from '../api/leak-report-desk';
import { createApi } from '../api/server';
import { createValueIndex } from '../api/value-index';
import { foreignMapper } from '../detectors/sources/registry';
import { fingerprints } from '../domain/fingerprint';
import type { Subject } from '../domain/subject';
import { livingParentOf } from '../domain/token-state';
import { readSecretFile, type Config } from './config';
import { readFingerprintKeys, readKey, readPrivateKey } from './keys';
import { openLeakFeeds, readLeakFeeds } from './leak-feeds';
import { connectNats } from './nats';
import { readPolicy } from './policy-file';
import { liveRules } from './rules/load-rules';
import type { Running } from './running';
import { mustOpenSecretStores, openSecretStores } from './secret-stores';
import { readSettings } from './settings';
import { openUsageIntake } from './sources/usage-intake';
import { openDenylistView } from './denylist-view';
import { createTemporalClient } from './temporal';
import { nameOf } from '../domain/name-of';

/** How soon a report that could not be settled at once is tried again. */
const SETTLE_EVERY_MS = 5_000;

/** The HTTP API's process. Dependents read their values here, so it starts and answers them with NATS and Temporal away. */
export async function startApi(config: Config<'api'>, log: Logger): Promise<Running> {
  const database = openDatabase(readSecretFile(config.TOURNIQUET_DATABASE_URL_FILE), {
    applicationName: 'tourniquet-api',
  });
  const fingerprintKeys = readFingerprintKeys(config.TOURNIQUET_FINGERPRINT_KEYS_FILE);
  const inventory = createInventory(database);
  const temporal = createTemporalClient(config);
  const taskQueue = config.TOURNIQUET_TASK_QUEUE;
  const { policy } = readPolicy(config.TOURNIQUET_POLICY_FILE);
  const usage = openUsageIntake(() => connectNats(config, 'api'), config.TOURNIQUET_PARTITIONS);
  const feedsFile = readLeakFeeds(config.TOURNIQUET_LEAK_FEEDS_FILE);
  const settings = readSettings(config.TOURNIQUET_SETTINGS_FILE);
  const rules = liveRules(settings, log);
  mustOpenSecretStores(settings);
  const { secrets, known: stores } = openSecretStores(settings, database, readKey(config.TOURNIQUET_SEALING_KEY_FILE));
  const fingerprintsOf = (value: string) => fingerprints(value, fingerprintKeys);
  const tokens = createTokenStore(database);
  const parentOf = async (subjects: readonly Subject[]) => livingParentOf(await tokens.find(subjects), Date.now());
  // Under the first key: what is found is fingerprinted under each.
  const byValue = createValueIndex({ inventory, secrets, hashOf: (value) => fingerprintsOf(value)[0] });
  const findVersions = createFindVersions(inventory, byValue, parentOf);
  const reports = createLeakReportDesk({
    reports: createLeakReportStore(database),
    inventory,
    findVersions,
    parentOf,
    temporal: temporal.client,
    taskQueue,
    policy,
    announce: (events) => usage.store(events),
    ...(feedsFile ? { mostPerFeedAndHour: feedsFile.maxReportsPerHour } : {}),
    log,
  });
  const denylist = openDenylistView(() => connectNats(config, 'api-denylist'), log);
  const app = createApi({
    apiKeys: createApiKeyStore(database),
    inventory,
    secrets,
    stores,
    movedByHand: createMovedByHand(database),
    temporal: temporal.client,
    taskQueue,
    policy,
    requests: createRequestLog(database),
    tokens,
    childTokens: createChildTokenStore(database),
    reports,
    fingerprintsOf,
    storeUsage: (events) => usage.store(events),
    mapForeign: (source) => foreignMapper(source, rules),
    approvalKey: readPrivateKey(config.TOURNIQUET_APPROVAL_KEY_FILE),
    denylist: () => denylist.answer(),
    isContained: (subjects) => denylist.isContained(subjects),
    leakFeeds:
      feedsFile && openLeakFeeds(feedsFile, { database, inventory, secrets, reports, findVersions, fingerprintsOf }),
    publicTypes: new Set(feedsFile?.publicTypes),
    trustedProxies: settings.trustedProxies,
    log,
  });
  const url = await app.listen({ host: config.TOURNIQUET_LISTEN_HOST, port: config.TOURNIQUET_API_PORT });
  const settling = setInterval(() => {
    reports
      .settleOpen()
      .catch((error: unknown) => log.warn({ error: nameOf(error) }, 'leak reports could not be looked through'));
  }, SETTLE_EVERY_MS);
  log.info({ url }, 'api listens');
  return {
    async stop() {
      clearInterval(settling);
      await app.close();
      await reports.stop();
      await usage.stop();
      await denylist.stop();
      await temporal.close();
      await database.end();
    },
  };
}
