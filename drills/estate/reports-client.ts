import { readFileSync } from 'node:fs';
import { createResilientFetch, createSecretClient, ManagedCredential } from '../../client/dependent';
import { followByNats } from './follow-by-nats';
import { startLoad } from './load';
import { readProcessConfig } from './process-config';
import { serveCounters } from './serve-counters';

/** One of the services that use the reports API with the shared token, through the edge proxy and the gateway. */
async function main(): Promise<void> {
  const config = readProcessConfig('reportsClient');
  const secrets = createSecretClient(config.apiUrl, readFileSync(config.apiKeyFile, 'utf8').trim());
  const credential = await ManagedCredential.open(config.credentialId, 'api-token', secrets);
  const send = createResilientFetch(credential);
  // The estate's edge proxy is a listed one: what it says of the client's address counts.
  const headers = { 'user-agent': config.agent, 'x-forwarded-for': config.address };

  async function get(path: string): Promise<void> {
    const response = await send(`${config.gatewayUrl}${path}`, { headers });
    await response.text();
    if (response.status !== 200)
      throw Object.assign(new Error('the reports API did not answer'), { code: response.status });
  }

  // By an endpoint that it uses anyway: in a lane, a new one would be a breach.
  const stopFollowing = await followByNats(config, { credential, probe: () => get('/reports/1') });
  const load = startLoad(config.requestsPerSecond, (n) => get(`/reports/${n % 50}`));
  await serveCounters(
    config.port,
    () => ({ ...load.counters, version: credential.held.version }),
    async () => {
      await load.stop();
      await stopFollowing();
    },
  );
}

void main();
