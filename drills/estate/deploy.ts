import { makeSecretFile } from '../../stack/key-files';
import { prepareDeployment, type LocalDeployment } from '../../stack/local-deployment';
import type { LocalStack } from '../../stack/local-stack';
import type { NatsRoles } from '../../stack/nats-roles';
import type { Settings } from '../../workers/settings';
import { makeOrdersDatabase, ORDERS_DATABASE, ORDERS_OWNER } from './estate-database';

export type CompleteStack = Required<Omit<LocalStack, 'stop' | 'directory'>> & Pick<LocalStack, 'directory'>;

export interface EstateDeployment {
  readonly audiences: Settings['audiences'];
  readonly trustedProxies?: readonly string[];
  /** Whether detection reads the log of the stack's PostgreSQL. */
  readonly readPostgresLog?: boolean;
  /** What the gateway protects. */
  readonly upstream?: string;
  readonly natsRoles?: NatsRoles | undefined;
}

/** Tourniquet on a local stack with the estate's `orders` database as its one PostgreSQL account; its processes are not started. */
export async function deployWithOrders(stack: CompleteStack, options: EstateDeployment): Promise<LocalDeployment> {
  const adminUrl = await makeOrdersDatabase(stack.postgres.adminUrl);
  const { hostname, port } = new URL(adminUrl);
  return prepareDeployment(stack, {
    ...(options.natsRoles ? { natsRoles: options.natsRoles } : {}),
    ...(options.upstream === undefined ? {} : { upstream: options.upstream }),
    settings: async (place) => ({
      providers: {
        'postgres-role': {
          orders: {
            adminUrlFile: await makeSecretFile(place.directory, 'orders-admin.url', adminUrl),
            host: hostname,
            port: Number(port),
            database: ORDERS_DATABASE,
            ownerRole: ORDERS_OWNER,
          },
        },
        'api-token': { default: {} },
      },
      audiences: options.audiences,
      trustedProxies: [...(options.trustedProxies ?? [])],
      postgresLogs: options.readPostgresLog ? [{ account: 'orders', directory: stack.postgres.jsonLogDirectory }] : [],
    }),
  });
}
