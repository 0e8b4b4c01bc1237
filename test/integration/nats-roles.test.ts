import { jetstream, jetstreamManager } from '@nats-io/jetstream';
import { connect, type NatsConnection } from '@nats-io/transport-node';
import { askBucket } from '../../enforcement/bucket-state';
import { openBucket } from '../../enforcement/buckets';
import { inboxOf, makeNatsRoles, NATS_ROLES, type NatsRole } from '../../stack/nats-roles';
import { provisionNats } from '../../stack/provision-nats';
import { privateNatsServer, type PrivateNatsServer } from '../support/private-nats-server';

describe('roles on NATS', () => {
  const roles = makeNatsRoles();
  const connections = new Map<NatsRole, NatsConnection>();
  let server: PrivateNatsServer;

  beforeAll(async () => {
    server = await privateNatsServer(roles.serverConfig);
    await provisionNats(server.url, roles.users.admin, 4);
    for (const role of NATS_ROLES) {
      const { user, password } = roles.users[role];
      connections.set(
        role,
        await connect({
          servers: server.url,
          user,
          pass: password,
          inboxPrefix: inboxOf(role),
          maxReconnectAttempts: 0,
        }),
      );
    }
  });

  afterAll(async () => {
    await Promise.all([...connections.values()].map((connection) => connection.close()));
    await server?.stop();
  });

  function as(role: NatsRole): NatsConnection {
    const connection = connections.get(role);
    if (!connection) throw new Error(`nobody is connected as ${role}`);
    return connection;
  }

  /** Whether the server refuses a message, by its own words: it says so at once, on the connection. */
  async function refuses(role: NatsRole, operation: 'publish' | 'subscription', subject: string): Promise<boolean> {
    const { user, password } = roles.users[role];
    const nats = await connect({ servers: server.url, user, pass: password, inboxPrefix: inboxOf(role) });
    let refused = false;
    const watching = (async () => {
      for await (const status of nats.status()) {
        const said = JSON.stringify(status, (_key, value: unknown) =>
          value instanceof Error ? value.message : value,
        ).toLowerCase();
        refused ||= said.includes('permissions violation') && said.includes(operation);
      }
    })();
    if (operation === 'publish') nats.publish(subject, '{}');
    else nats.subscribe(subject, { callback: () => undefined });
    await nats.flush();
    await nats.close();
    await watching;
    return refused;
  }

  it.each<[NatsRole, string, string]>([
    ['gateway', '$KV.denylist.fp.k1.x', 'a gateway writes no denylist'],
    ['gateway', '$KV.inventory.x', 'nor says whose a subject is'],
    ['gateway', 'detections.0', 'nor makes detections'],
    ['gateway', '$JS.API.STREAM.DELETE.USAGE', 'nor takes a stream away'],
    ['gateway', '$JS.API.STREAM.PURGE.KV_denylist', 'nor empties the denylist'],
    ['gateway', '$JS.API.CONSUMER.CREATE.USAGE.x', 'nor reads what others saw'],
    ['gateway', '$KV.sightings.fp.k1.x', 'nor says who was seen'],
    ['gateway', '$KV.intel.list.tor', 'nor says who is hostile'],
    ['detection', '$KV.intel.list.tor', 'a detector changes no threat list'],
    ['detection', '$KV.credentials.orders-db', 'a detector moves no dependent'],
    ['detection', '$JS.API.DIRECT.GET.KV_credentials.$KV.credentials.x', 'nor reads where secrets are announced'],
    ['detection', '$JS.API.CONSUMER.CREATE.KV_credentials.x', 'nor watches them'],
    ['detection', '$KV.inventory.x', 'nor changes the inventory'],
    ['dispatcher', '$KV.denylist.fp.k1.x', 'the dispatcher refuses nobody'],
    ['dispatcher', 'usage.0', 'nor invents usage'],
    ['api', '$KV.denylist.fp.k1.x', 'the api refuses nobody by itself'],
    ['api', '$JS.API.STREAM.PURGE.KV_denylist', 'nor empties the denylist it reads'],
    ['api', '$KV.gateways.gateway', 'nor speaks for a gateway'],
    ['api', 'detections.0', 'nor makes detections'],
    ['dependent', 'usage.0', 'a dependent publishes no usage'],
    ['dependent', '$KV.denylist.fp.k1.x', 'nor writes the denylist'],
    ['dependent', '$KV.credentials.orders-db', 'nor announces versions'],
    ['response', 'detections.0', 'the response makes no detections'],
    ['response', '$KV.sightings.fp.k1.x', 'nor invents who was seen'],
    ['response', '$JS.API.STREAM.DELETE.KV_denylist', 'nor takes the denylist away'],
  ])('%s may not publish to %s: %s', async (role, subject) => {
    await expect(refuses(role, 'publish', subject)).resolves.toBe(true);
  });

  it.each<[NatsRole, string]>([
    ['gateway', 'usage.>'],
    ['gateway', '$KV.>'],
    ['dependent', '$KV.credentials.>'],
    ['detection', inboxOf('response') + '.>'],
    ['gateway', '_INBOX.>'],
  ])('%s may not listen to %s', async (role, subject) => {
    await expect(refuses(role, 'subscription', subject)).resolves.toBe(true);
  });

  it('lets no stranger in', async () => {
    await expect(connect({ servers: server.url, maxReconnectAttempts: 0 })).rejects.toThrow(/authorization/i);
    await expect(
      connect({ servers: server.url, user: 'gateway', pass: 'guessed', maxReconnectAttempts: 0 }),
    ).rejects.toThrow(/authorization/i);
  });

  it('lets every role do its work', async () => {
    await jetstream(as('gateway')).publish('usage.0', '{"events":[]}');
    await (await openBucket(as('detection'), 'denylist')).create('fp.k1.a', '{}');
    await (await openBucket(as('detection'), 'sightings')).create('fp.k1.a', '{"contexts":[]}');
    await (await openBucket(as('response'), 'credentials')).put('orders-db', '{"version":2}');
    await (await openBucket(as('dependent'), 'acks')).put('orders-db.checkout', '{}');

    expect((await (await openBucket(as('gateway'), 'denylist')).get('fp.k1.a'))?.string()).toBe('{}');
    expect((await (await openBucket(as('dependent'), 'credentials')).get('orders-db'))?.string()).toBe('{"version":2}');
    expect((await (await openBucket(as('response'), 'sightings')).get('fp.k1.a'))?.string()).toBe('{"contexts":[]}');
    await (await openBucket(as('response'), 'intel')).put('list.tor', '{}');
    expect((await (await openBucket(as('detection'), 'intel')).get('list.tor'))?.string()).toBe('{}');
    // The API follows the denylist too, for gateways that lost theirs.
    for (const role of ['gateway', 'api'] as const) {
      const watch = await (await openBucket(as(role), 'denylist')).watch();
      for await (const entry of watch) {
        expect(entry.key).toBe('fp.k1.a');
        break;
      }
      expect(await askBucket(as(role), 'denylist')).toMatchObject({ lastRevision: 1, empty: false });
    }
    await expect((await jetstreamManager(as('dispatcher'))).streams.info('DETECTIONS')).resolves.toMatchObject({
      config: { name: 'DETECTIONS' },
    });
  });
});
