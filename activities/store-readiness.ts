import type { ActivityDeps } from './deps';
import { faultOf, type ReadinessFault } from './readiness-fault';
import { probeSecretStore } from './store/secret-stores/secret-stores';

/** What is wrong with each secret store, by its name: in each a value that means nothing is written, read and destroyed. */
export async function examineStores(deps: ActivityDeps): Promise<ReadonlyMap<string, ReadinessFault>> {
  const probed = deps.stores.all.map(async (store) => {
    const step = store === deps.stores.byDefault ? 'keep a new value' : `keep values in ${store}`;
    return [store, await faultOf(step, () => probeSecretStore(deps.secrets, store))] as const;
  });
  return new Map((await Promise.all(probed)).flatMap(([store, fault]) => (fault ? [[store, fault]] : [])));
}
