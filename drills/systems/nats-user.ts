import { connect, credsAuthenticator } from '@nats-io/transport-node';
import { createResilientNats } from '../../client/dependent';
import type { NatsUserMaterial } from '../../domain/secret-material';
import { makeSecretFile } from '../../stack/key-files';
import { startNatsOperator } from './nats-operator';
import type { System } from './system';

/** A user of a NATS account, who tells others of orders. */
export const natsUser: System<'nats-user'> = {
  provider: 'nats-user',
  kind: 'nats-user',
  credential: { account: 'bus', principal: 'orders-bus', scopes: ['pub:orders.>', 'sub:orders.>'] },
  requestsPerSecond: 10,

  async start(directory) {
    const server = await startNatsOperator();
    const { systemCreds, operatorSeed, accountSeed, ...account } = server.settings();
    return {
      account: {
        ...account,
        systemCredsFile: await makeSecretFile(directory, 'bus-system.creds', systemCreds),
        operatorSeedFile: await makeSecretFile(directory, 'bus-operator.seed', operatorSeed),
        accountSeedFile: await makeSecretFile(directory, 'bus-account.seed', accountSeed),
      },
      at: '',
      sessionsOf: ({ user }) => server.connections(user),
      stop: () => server.stop(),
    };
  },

  serve(credential) {
    const bus = createResilientNats(credential, open);
    return {
      async request(n) {
        await bus.run(
          (nats) => {
            nats.publish('orders.placed', String(n));
            return nats.flush();
          },
          { safeToRepeat: true },
        );
      },
      end: () => bus.end(),
    };
  },

  async enter(material) {
    const nats = await open(material);
    return { request: () => nats.flush(), end: () => nats.close() };
  },
};

function open({ url, creds }: NatsUserMaterial) {
  return connect({
    servers: url,
    authenticator: credsAuthenticator(new TextEncoder().encode(creds)),
    reconnect: false,
  });
}
