import { z } from 'zod';
import type { SecretRef } from '../../../domain/credential';
import type { SecretStore } from '../../../domain/ports/stores';
import { askStore, notTaken } from './ask-store';
import { nameOf, notFound, placedValue, placeOf, unreadable } from './secret-place';
import type { VaultSettings } from './store-settings';

const STORE = 'vault';

/** An engine of version 1 takes what version 2 is told as a value, and answers that it wrote it; only version 2 names a version. */
const written = z.object({ data: z.object({ version: z.number() }) });
const read = z.object({ data: z.object({ data: z.unknown() }) });
const errors = z.object({ errors: z.array(z.string()) });

/**
 * KV v2 of HashiCorp Vault or OpenBao. Written with `cas` 0, which its server takes only where no version is; destroyed with all versions and what is
 * known of them. Its token is read at each call, so that an agent may renew it.
 */
export function createVaultStore(settings: VaultSettings): SecretStore {
  const { mount, prefix, namespace } = settings;
  const at = (part: 'data' | 'metadata', ref: SecretRef): string => `/v1/${mount}/${part}/${prefix}/${nameOf(ref)}`;
  const headers = (token: string) => ({
    'x-vault-token': token,
    'x-vault-request': 'true',
    ...(namespace === undefined ? {} : { 'x-vault-namespace': namespace }),
  });

  return {
    async putIfAbsent(ref, value) {
      const body = { options: { cas: 0 }, data: { place: placeOf(ref), value } };
      const call = { name: 'write', method: 'POST', path: at('data', ref), headers, body } as const;
      const answer = await askStore(STORE, settings, call);
      if (answer.status === 200 && written.safeParse(answer.body).success) return 'stored';
      if (answer.status === 400 && errorsOf(answer.body).some((text) => text.includes('check-and-set')))
        return 'exists';
      throw notTaken(STORE, call.name, answer);
    },

    async get(ref) {
      const call = { name: 'read', method: 'GET', path: at('data', ref), headers } as const;
      const answer = await askStore(STORE, settings, call);
      if (answer.status === 404 && isMissing(answer.body)) throw notFound(ref);
      const data = answer.status === 200 ? read.safeParse(answer.body).data?.data.data : undefined;
      if (data === undefined) throw notTaken(STORE, call.name, answer);
      const found = placedValue.safeParse(data);
      if (!found.success || found.data.place !== placeOf(ref)) throw unreadable(ref);
      return found.data.value;
    },

    async destroy(ref) {
      const call = { name: 'destroy', method: 'DELETE', path: at('metadata', ref), headers } as const;
      const answer = await askStore(STORE, settings, call);
      if (answer.status !== 204) throw notTaken(STORE, call.name, answer);
    },
  };
}

function errorsOf(body: unknown): readonly string[] {
  return errors.safeParse(body).data?.errors ?? [];
}

/** Of a mount that is not there it says why; of a secret that is not, nothing, or that its last version was deleted. */
function isMissing(body: unknown): boolean {
  return errors.safeParse(body).data?.errors.length === 0 || read.safeParse(body).data?.data.data === null;
}
