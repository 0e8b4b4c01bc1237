import { dirname } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { createApiKeyStore } from '../activities/store/api-keys';
import { openDatabase } from '../activities/store/database';
import { readSecretFile, type Config } from '../workers/config';
import { makeProductDatabase } from './product-database';
import { provisionNats } from './provision-nats';
import { ensureSearchAttributes } from './search-attributes';
import { messageOf, StackError } from './stack-error';
import { probeTemporal } from './temporal-server';

const PATIENCE_MS = 120_000;
const PAUSE_MS = 1_000;

/**
 * Prepares servers that people run: our database and its schema, the streams and buckets, the search attributes. Each is waited for, since
 * all start at the same time; repeating it changes nothing. @throws StackError
 */
export async function setUpServers(config: Config<'setup'>, report: (line: string) => void): Promise<void> {
  const adminUrl = readSecretFile(config.TOURNIQUET_DATABASE_ADMIN_URL_FILE);
  const steps: readonly (readonly [string, () => Promise<unknown>])[] = [
    [
      'PostgreSQL: our role, database and schema',
      () => makeProductDatabase(adminUrl, dirname(config.TOURNIQUET_DATABASE_URL_FILE)),
    ],
    ['PostgreSQL: the gateway’s key', () => adoptGatewayKey(config)],
    [
      'NATS: streams and buckets',
      () =>
        provisionNats(
          config.TOURNIQUET_NATS_URL,
          { user: 'admin', password: readSecretFile(config.TOURNIQUET_NATS_PASSWORD_FILE ?? '') },
          config.TOURNIQUET_PARTITIONS,
        ),
    ],
    [
      'Temporal: search attributes',
      () =>
        probeTemporal(config.TOURNIQUET_TEMPORAL_ADDRESS, config.TOURNIQUET_TEMPORAL_NAMESPACE, (connection) =>
          ensureSearchAttributes(connection, config.TOURNIQUET_TEMPORAL_NAMESPACE),
        ),
    ],
  ];
  for (const [name, step] of steps) {
    await untilDone(name, step);
    report(`${name}: ready`);
  }
}

/** By which it asks the API for the denylist when NATS is away. */
async function adoptGatewayKey(config: Config<'setup'>): Promise<void> {
  const file = config.TOURNIQUET_GATEWAY_FALLBACK_KEY_FILE;
  if (file === undefined) return;
  const database = openDatabase(readSecretFile(config.TOURNIQUET_DATABASE_URL_FILE), {
    applicationName: 'tourniquet-set-up',
    max: 1,
  });
  try {
    await createApiKeyStore(database).adopt(config.TOURNIQUET_GATEWAY_ID, 'gateway', readSecretFile(file));
  } finally {
    await database.end();
  }
}

async function untilDone(name: string, step: () => Promise<unknown>): Promise<void> {
  const deadline = Date.now() + PATIENCE_MS;
  for (;;) {
    try {
      await step();
      return;
    } catch (error) {
      // What a person must decide does not change by waiting.
      if (error instanceof StackError && error.code === 'DATABASE_NOT_OURS') throw error;
      if (Date.now() > deadline)
        throw new StackError(
          'SERVER_NOT_READY',
          `${name}: not ready after ${PATIENCE_MS / 1000} s (${messageOf(error)}).`,
          {
            cause: error,
          },
        );
      await delay(PAUSE_MS);
    }
  }
}
