import { readFileSync } from 'node:fs';
import { connect } from '@nats-io/transport-node';
import { AmbiguousOutcomeError, createSecretClient, followCredential, ManagedCredential } from '../../client';
import { openBucket } from '../../enforcement/buckets';
import { inboxOf } from '../../stack/nats-roles';
import { systemOf } from '../systems';
import { startLoad } from './load';
import { readProcessConfig } from './process-config';
import { serveCounters } from './serve-counters';

/** One of the services that use a credential of any system. */
async function main(): Promise<void> {
  const { natsUser, ...config } = readProcessConfig('accountService');
  const system = await systemOf(config.provider);
  const secrets = createSecretClient(config.apiUrl, readFileSync(config.apiKeyFile, 'utf8').trim());
  const credential = await ManagedCredential.open(config.credentialId, system.kind, secrets);
  const use = system.serve(credential, config.at);
  const login = natsUser && { user: natsUser.user, pass: natsUser.password, inboxPrefix: inboxOf(natsUser.user) };
  const nats = await connect({ servers: config.natsUrl, maxReconnectAttempts: -1, ...login });
  const stopFollowing = await followCredential(
    { credential, probe: async () => void (await use.request(0)) },
    {
      dependentId: config.name,
      credentials: await openBucket(nats, 'credentials'),
      acks: await openBucket(nats, 'acks'),
      onError: (error) =>
        process.stderr.write(`${config.name}: ${error instanceof Error ? error.message : 'unknown error'}\n`),
    },
  );
  const load = startLoad(
    system.requestsPerSecond,
    async (n) => void (await use.request(n)),
    (error) => error instanceof AmbiguousOutcomeError,
  );
  await serveCounters(
    config.port,
    () => ({ ...load.counters, version: credential.held.version }),
    async () => {
      await load.stop();
      stopFollowing();
      await use.end();
      await nats.drain();
    },
  );
}

void main();
