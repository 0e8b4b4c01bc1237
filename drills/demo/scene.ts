import { deployWithOrders } from '../estate/deploy';
import { chooseEstatePorts, startEstate, startReportsApi, type Estate } from '../estate/estate';
import { openChannels, startProduct, type Product, type SceneOptions } from './product';

/** The product with an estate to protect. */
export interface Scene extends Product {
  readonly estate: Estate;
}

/** Starts the product and the estate. */
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
    natsUser: natsRoles?.users.dependent,
  });
  await closers.add(() => estate.stop());
  return { ...product, estate };
}
