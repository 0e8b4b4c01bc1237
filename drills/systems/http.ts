import { makeSecretFile } from '../../stack/key-files';
import type { System } from './system';
import { startTokenServer } from './token-server';
import { tokenUse } from './token-use';

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

  ...tokenUse((secret) => ({ 'x-api-key': secret })),
};
