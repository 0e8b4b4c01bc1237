import { createClient } from '@redis/client';
import { createResilientRedis } from '../../client/dependent';
import type { RedisMaterial } from '../../domain/secret-material';
import { makeSecretFile } from '../../stack/key-files';
import { startRedis } from './redis-server';
import type { System } from './system';

const THIEF = 'thief';

/** The password of a Redis user, who keeps carts. */
export const redisAcl: System<'redis'> = {
  provider: 'redis-acl',
  kind: 'redis',
  credential: { account: 'cache', principal: 'orders', scopes: [] },
  requestsPerSecond: 10,

  async start(directory) {
    const server = await startRedis();
    const adminUrlFile = await makeSecretFile(directory, 'cache-admin.url', server.adminUrl);
    return {
      account: { adminUrlFile, host: '127.0.0.1', port: server.port, tls: false, keepsUsersIn: 'acl-file' },
      at: '',
      // Both passwords are of one user: only what a connection is called tells whose it is.
      async sessionsOf() {
        const list = String(await server.ask('CLIENT', 'LIST'));
        return list.split('\n').filter((line) => line.includes(` name=${THIEF} `)).length;
      },
      stop: () => server.stop(),
    };
  },

  serve(credential) {
    const redis = createResilientRedis(credential, (login) => open(login, 'orders'));
    return {
      request: (n) =>
        redis.run((client) => (n % 3 === 0 ? client.set(`orders:${n % 50}`, n) : client.get(`orders:${n % 50}`)), {
          safeToRepeat: true,
        }),
      end: () => redis.end(),
    };
  },

  async enter(material) {
    const client = await open(material, THIEF);
    return { request: (n) => client.get(`orders:${n % 50}`), end: () => client.destroy() };
  },
};

async function open({ host, port, user, password }: RedisMaterial, name: string) {
  const client = createClient({
    username: user,
    password,
    name,
    disableClientInfo: true,
    maintNotifications: 'disabled',
    socket: { host, port, reconnectStrategy: false },
  });
  client.on('error', () => undefined);
  await client.connect();
  return client;
}
