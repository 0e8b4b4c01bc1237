import { fetch } from 'undici';
import { createResilientFetch } from '../../client';
import { makeSecretFile } from '../../stack/key-files';
import type { System } from './system';
import { startTokenServer } from './token-server';

/** A token of a system that nobody has written a provider for: its calls are declared in the settings. */
export const declaredHttp: System<'http'> = {
  provider: 'http',
  kind: 'http',
  credential: { account: 'forge', principal: 'orders-forge', scopes: [] },
  requestsPerSecond: 10,

  async start(directory) {
    const server = await startTokenServer();
    const { admin: _admin, signing: { key: _key, ...signing } = {}, ...calls } = server.declare();
    return {
      account: {
        ...calls,
        adminFile: await makeSecretFile(directory, 'forge.admin', server.admin),
        signing: { ...signing, keyFile: await makeSecretFile(directory, 'forge.key', server.signingKey) },
      },
      at: `${server.url}/me`,
      stop: () => server.stop(),
    };
  },

  serve(credential, at) {
    const send = createResilientFetch(credential, { headers: (secret) => ({ 'x-api-key': secret }) });
    return {
      async request() {
        const response = await send(at);
        await response.text();
        if (!response.ok) throw Object.assign(new Error('the forge did not answer'), { code: response.status });
      },
      end: () => undefined,
    };
  },

  async enter({ secret }, at) {
    const request = async (): Promise<void> => {
      const response = await fetch(at, { headers: { 'x-api-key': secret } });
      await response.text();
      if (!response.ok) throw new Error(`answered ${response.status}`);
    };
    await request();
    return { request, end: () => undefined };
  },
};
