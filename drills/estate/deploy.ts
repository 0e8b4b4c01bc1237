import type { PolicyFile } from '../../domain/policy-schema';
import { makeSecretFile } from '../../stack/key-files';
import { prepareDeployment, type LocalDeployment } from '../../stack/local-deployment';
import type { LocalStack } from '../../stack/local-stack';
import type { NatsRoles } from '../../stack/nats-roles';
import type { Settings } from '../../workers/settings';
import { makeOrdersDatabase, type OrdersDatabase } from './estate-database';

export type CompleteStack = Required<Omit<LocalStack, 'stop' | 'directory'>> & Pick<LocalStack, 'directory'>;

export interface EstateDeployment {
  readonly audiences: Settings['audiences'];
  readonly dependents?: Settings['dependents'] | undefined;
  readonly trustedProxies?: readonly string[];
  /** Whether detection reads the log of the stack's PostgreSQL. */
  readonly readPostgresLog?: boolean;
  /** What the gateway protects. */
  readonly upstream?: string;
  /** Routes that gateways shut while they are stale. */
  readonly privilegedRoutes?: Settings['gateway']['privilegedRoutes'];
  readonly natsRoles?: NatsRoles | undefined;
  readonly policy?: PolicyFile | undefined;
}

export interface OrdersDeployment extends LocalDeployment {
  readonly orders: OrdersDatabase;
}

/** Tourniquet on a local stack with the estate's `orders` database as its one PostgreSQL account; its processes are not started. */
export async function deployWithOrders(stack: CompleteStack, options: EstateDeployment): Promise<OrdersDeployment> {
  const orders = await makeOrdersDatabase(stack.postgres.adminUrl);
  // A server of our own goes with its directory; on somebody else's nothing of ours stays.
  const leave = async (): Promise<void> => (stack.postgres.server ? undefined : orders.drop());
  try {
    const deployment = await prepare(stack, options, orders);
    return {
      ...deployment,
      orders,
      async stop() {
        await deployment.stop();
        await leave();
      },
    };
  } catch (error) {
    await leave().catch(() => undefined);
    throw error;
  }
}

function prepare(stack: CompleteStack, options: EstateDeployment, orders: OrdersDatabase): Promise<LocalDeployment> {
  const { hostname, port } = new URL(orders.adminUrl);
  return prepareDeployment(stack, {
    ...(options.policy ? { policy: options.policy } : {}),
    ...(options.natsRoles ? { natsRoles: options.natsRoles } : {}),
    ...(options.upstream === undefined ? {} : { upstream: options.upstream }),
    settings: async (place) => ({
      providers: {
        'postgres-role': {
          orders: {
            adminUrlFile: await makeSecretFile(place.directory, 'orders-admin.url', orders.adminUrl),
            host: hostname,
            port: Number(port),
            database: orders.database,
            ownerRole: orders.ownerRole,
          },
        },
        'api-token': { default: {} },
      },
      audiences: options.audiences,
      dependents: options.dependents ?? {},
      trustedProxies: [...(options.trustedProxies ?? [])],
      gateway: { privilegedRoutes: [...(options.privilegedRoutes ?? [])] },
      postgresLogs: options.readPostgresLog ? [{ account: 'orders', directory: stack.postgres.jsonLogDirectory }] : [],
    }),
  });
}
