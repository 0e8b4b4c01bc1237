import { randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import {
  AmbiguousOutcomeError,
  createReloadHook,
  createSecretClient,
  ManagedCredential,
  ResilientPool,
} from '../../client/dependent';
import { startLoad } from './load';
import { readProcessConfig } from './process-config';
import { serveCounters } from './serve-counters';

/** One of the services that read and write the `orders` database with the shared role credential. */
async function main(): Promise<void> {
  const config = readProcessConfig('ordersService');
  const secrets = createSecretClient(config.apiUrl, readFileSync(config.apiKeyFile, 'utf8').trim());
  const credential = await ManagedCredential.open(config.credentialId, 'postgres', secrets);
  // Connections are recycled as in any long-lived service, so logins are part of normal life.
  const pool = new ResilientPool(credential, { pool: { max: 4, maxUses: 40, application_name: config.name } });

  async function request(n: number): Promise<void> {
    if (n % 3 === 0) await placeOrder();
    else await pool.query('SELECT count(*) FROM orders WHERE service = $1', [config.name], { safeToRepeat: true });
  }

  async function placeOrder(): Promise<void> {
    const text =
      'INSERT INTO orders (idempotency_key, service, amount) VALUES ($1, $2, $3) ON CONFLICT (idempotency_key) DO NOTHING';
    // The key makes the write safe to repeat: a second one has no effect.
    await pool.query(text, [randomUUID(), config.name, 1], { safeToRepeat: true });
  }

  const load = startLoad(config.requestsPerSecond, request, (error) => error instanceof AmbiguousOutcomeError);
  const probe = async (): Promise<void> => {
    await pool.query('SELECT 1', [], { safeToRepeat: true });
  };
  const hook = createReloadHook(
    readFileSync(config.hookKeyFile, 'utf8').trim(),
    new Map([[config.credentialId, { credential, probe }]]),
  );
  const stop = async (): Promise<void> => {
    await load.stop();
    await pool.end();
  };
  await hook.listen({ host: '127.0.0.1', port: config.port });
  await serveCounters(
    config.countersPort,
    () => ({ ...load.counters, version: credential.held.version }),
    async () => {
      await stop();
      await hook.close();
    },
  );
}

void main();
