import { randomUUID } from 'node:crypto';
import type { SecretRef } from '../../../domain/credential';
import type { SecretStore } from '../../../domain/ports/stores';
import { unavailable } from './store-unavailable';

/**
 * All stores as one: each value is asked of the store that its ref names. @throws IncidentError SECRET_STORE_UNAVAILABLE of a store that is not
 * configured, which says nothing of whether there is a value
 */
export function createSecretStores(stores: ReadonlyMap<string, SecretStore>): SecretStore {
  async function storeOf({ store }: SecretRef): Promise<SecretStore> {
    const found = stores.get(store);
    if (!found) throw unavailable(store, { reply: 'is not in the settings' });
    return found;
  }
  return {
    putIfAbsent: async (ref, value) => (await storeOf(ref)).putIfAbsent(ref, value),
    get: async (ref) => (await storeOf(ref)).get(ref),
    destroy: async (ref) => (await storeOf(ref)).destroy(ref),
  };
}

/** Whether a value can be written, read and destroyed in a store, by one that means nothing. @throws IncidentError as the call that fails does */
export async function probeSecretStore(secrets: SecretStore, store: string): Promise<void> {
  const ref = { store, path: `tourniquet-doctor/${randomUUID()}`, version: 1 };
  await secrets.putIfAbsent(ref, ref.path);
  const kept = await secrets.get(ref).finally(() => secrets.destroy(ref));
  if (kept !== ref.path) throw unavailable(store, { call: 'probe', reply: 'another value than was written' });
}
