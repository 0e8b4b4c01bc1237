import { generateKeyPairSync, randomUUID } from 'node:crypto';
import type { NatsConnection } from '@nats-io/transport-node';
import { Client, Connection } from '@temporalio/client';
import type { Logger } from 'pino';
import { createApiKeyStore } from '../../activities/store/api-keys';
import type { Database } from '../../activities/store/database';
import { createChildTokenStore } from '../../activities/store/child-tokens';
import { createInventory } from '../../activities/store/inventory';
import { createLeakReportStore } from '../../activities/store/leak-reports';
import { createMovedByHand } from '../../activities/store/moved-by-hand';
import { createRequestLog } from '../../activities/store/request-log';
import { createTokenStore } from '../../activities/store/token-store';
import { createFindVersions } from '../../api/find-versions';
import { createLeakReportDesk, type LeakReportDesk } from '../../api/leak-report-desk';
import { createValueIndex } from '../../api/value-index';
import type { ApiParts } from '../../api/server';
import { RuleSet } from '../../detectors/sigma/rule-set';
import { DEFAULT_POLICY } from '../../domain/policy';
import { fingerprints } from '../../domain/fingerprint';
import type { Subject } from '../../domain/subject';
import { livingParentOf } from '../../domain/token-state';
import { openDenylistView } from '../../workers/denylist-view';
import { foreignMapper } from '../../detectors/sources/registry';
import { openUsageIntake } from '../../workers/sources/usage-intake';
import { TEST_FINGERPRINT_KEYS } from './fingerprint-keys';
import { testSecretStore } from './orders-server';

export const TEST_PARTITIONS = 4;

export interface TestApi {
  readonly parts: ApiParts;
  readonly temporal: Client;
  readonly desk: LeakReportDesk;
  /** Of this test alone: nobody polls it unless the test starts a worker. */
  readonly taskQueue: string;
  stop(): Promise<void>;
}

/** The API's parts on real servers, put together as `workers/api.ts` does. */
export function testApi(
  database: Database,
  servers: { readonly temporal: { address: string; namespace: string }; connectNats(): Promise<NatsConnection> },
  log: Logger,
): TestApi {
  const connection = Connection.lazy({ address: servers.temporal.address });
  const temporal = new Client({ connection, namespace: servers.temporal.namespace });
  const taskQueue = `api-test-${randomUUID()}`;
  const inventory = createInventory(database);
  const usage = openUsageIntake(() => servers.connectNats(), TEST_PARTITIONS);
  const denylist = openDenylistView(() => servers.connectNats(), log);
  const secrets = testSecretStore(database);
  const fingerprintsOf = (value: string) => fingerprints(value, TEST_FINGERPRINT_KEYS);
  const tokens = createTokenStore(database);
  const parentOf = async (subjects: readonly Subject[]) => livingParentOf(await tokens.find(subjects), Date.now());
  const byValue = createValueIndex({ inventory, secrets, hashOf: (value) => fingerprintsOf(value)[0] });
  const desk = createLeakReportDesk({
    reports: createLeakReportStore(database),
    inventory,
    findVersions: createFindVersions(inventory, byValue, parentOf),
    parentOf,
    temporal,
    taskQueue,
    policy: DEFAULT_POLICY,
    announce: (events) => usage.store(events),
    log,
  });
  const parts: ApiParts = {
    apiKeys: createApiKeyStore(database),
    inventory,
    secrets,
    stores: { byDefault: 'postgres', all: ['postgres'] },
    movedByHand: createMovedByHand(database),
    temporal,
    taskQueue,
    policy: DEFAULT_POLICY,
    requests: createRequestLog(database),
    tokens,
    childTokens: createChildTokenStore(database),
    reports: desk,
    fingerprintsOf,
    storeUsage: (events) => usage.store(events),
    mapForeign: (source) => foreignMapper(source, RuleSet.EMPTY),
    approvalKey: generateKeyPairSync('ed25519').privateKey,
    denylist: () => denylist.answer(),
    isContained: (subjects) => denylist.isContained(subjects),
    log,
  };
  return {
    parts,
    temporal,
    desk,
    taskQueue,
    async stop() {
      await desk.stop();
      await usage.stop();
      await denylist.stop();
      await connection.close();
    },
  };
}
