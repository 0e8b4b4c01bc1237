import { readFileSync } from 'node:fs';
import { AmbiguousOutcomeError, createSecretClient, ManagedCredential } from '../../client/dependent';
import { systemOf } from '../systems';
import { followByNats } from './follow-by-nats';
import { startLoad } from './load';
import { readProcessConfig } from './process-config';
import { serveCounters } from './serve-counters';

/** One of the services that use a credential of any system. */
async function main(): Promise<void> {
  const config = readProcessConfig('accountService');
  const system = await systemOf(config.provider);
  const secrets = createSecretClient(config.apiUrl, readFileSync(config.apiKeyFile, 'utf8').trim());
  const credential = await ManagedCredential.open(config.credentialId, system.kind, secrets);
  const use = system.serve(credential, config.at);
  const stopFollowing = await followByNats(config, { credential, probe: async () => void (await use.request(0)) });
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
      await stopFollowing();
      await use.end();
    },
  );
}

void main();
