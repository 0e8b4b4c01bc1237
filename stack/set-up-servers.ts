import { dirname } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { IncidentError } from '../domain/errors';
import { readSecretFile, type Config } from '../workers/config';
import { adoptGatewayKey } from './gateway-key';
import { makeProductDatabase } from './product-database';
import { provisionNats } from './provision-nats';
import { ensureSearchAttributes } from './search-attributes';
import { messageOf, StackError } from './stack-error';
import { probeTemporal } from './temporal-server';

const PATIENCE_MS = 120_000;
const PAUSE_MS = 1_000;

/**
 * Prepares servers that people run: our database and its schema, the streams and buckets, the search attributes. Each is waited for, since
 * all start at the same time; repeating it changes nothing. @throws StackError,
 * IncidentError CONFIG_INVALID
 */
export async function setUpServers(config: Config<'setup'>, report: (line: string) => void): Promise<void> {
  const adminUrl = readSecretFile(config.TOURNIQUET_DATABASE_ADMIN_URL_FILE);
  const databaseUrlFile = config.TOURNIQUET_DATABASE_URL_FILE;
  const gatewayKey = config.TOURNIQUET_GATEWAY_FALLBACK_KEY_FILE;
  const password = config.TOURNIQUET_NATS_PASSWORD_FILE;
  // Without it every try would fail until patience ends.
  if (password === undefined)
    throw new IncidentError('CONFIG_INVALID', { faults: ['TOURNIQUET_NATS_PASSWORD_FILE: is missing'] });
  const steps: readonly (readonly [string, () => Promise<unknown>])[] = [
    ['PostgreSQL: our role, database and schema', () => makeProductDatabase(adminUrl, dirname(databaseUrlFile))],
    [
      'PostgreSQL: the gateway’s key',
      async () => gatewayKey && adoptGatewayKey(databaseUrlFile, gatewayKey, config.TOURNIQUET_GATEWAY_ID),
    ],
    [
      'NATS: streams and buckets',
      () =>
        provisionNats(
          config.TOURNIQUET_NATS_URL,
          { user: 'admin', password: readSecretFile(password) },
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
