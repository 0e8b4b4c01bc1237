import type { Credential } from '../../domain/credential';
import { deployWithOrders } from '../estate/deploy';
import { chooseEstatePorts, startEstate, startReportsApi, type Estate } from '../estate/estate';
import type { EstateProcess } from '../estate/estate-process';
import { openChannels, startProduct, type Product, type SceneOptions } from './product';

/** The product with an estate to protect. */
export interface Scene extends Product {
  readonly estate: Estate;
  /** Leaks, one after the other. */
  readonly acts: readonly Act[];
}

export interface Act {
  /** What happens, for people. */
  readonly leak: string;
  readonly credentials: readonly Credential[];
  attack(): Promise<EstateProcess>;
  /** Somebody else finds what leaked and says so, where Tourniquet does not see the use itself. */
  report?(tell: (line: string) => void, signal: AbortSignal): Promise<void>;
}

/** Starts the product and the estate: a database password and a token that a gateway sees. */
export async function setScene(options: SceneOptions): Promise<Scene> {
  const { stack, closers, natsRoles } = options;
  const { sink, audiences } = await openChannels(closers);
  const ports = await chooseEstatePorts();
  const deployment = await deployWithOrders(stack, {
    natsRoles,
    upstream: `http://127.0.0.1:${ports.reportsApi}`,
    audiences,
    trustedProxies: ['127.0.0.1/32'],
    readPostgresLog: true,
  });
  // At once: on somebody else's server it also takes away what was made there.
  await closers.add(() => deployment.stop());
  const api = await startReportsApi(deployment.directory, ports);
  await closers.add(() => api.stop());
  const product = await startProduct(options, deployment, sink);
  const estate = await startEstate(deployment, ports, {
    deps: product.deps,
    database: product.database,
    natsUrl: stack.nats.url,
    postgresUrl: stack.postgres.adminUrl,
    natsUser: natsRoles?.users.dependent,
  });
  await closers.add(() => estate.stop());
  return {
    ...product,
    estate,
    acts: [
      {
        leak: 'an attacker uses the stolen token through the gateway and the stolen password at the database',
        credentials: estate.credentials,
        attack: () => estate.startAttacker(),
      },
    ],
  };
}
