import { z } from 'zod';
import type { SecretRef } from '../../../domain/credential';
import type { SecretStore } from '../../../domain/ports/stores';
import { askStore, notTaken } from './ask-store';
import { nameOf, notFound, placeOf, unreadable } from './secret-place';
import type { KubernetesSettings } from './store-settings';

const STORE = 'kubernetes-secret';
const PLACE = 'tourniquet/place';

const made = z.object({ kind: z.literal('Secret') });
const kept = made.extend({
  metadata: z.object({ annotations: z.record(z.string(), z.string()).optional() }),
  data: z.record(z.string(), z.base64()).optional(),
});
/** Both are what the API says of a deletion. */
const deleted = z.object({ kind: z.enum(['Status', 'Secret']) });
const status = z.object({ kind: z.literal('Status'), reason: z.string() });

/** Secrets (core/v1) of one namespace that can't be changed, only deleted. The token is read at each call: a cluster renews it every hour. */
export function createKubernetesSecretStore(settings: KubernetesSettings): SecretStore {
  const all = `/api/v1/namespaces/${settings.namespace}/secrets`;
  const one = (ref: SecretRef): string => `${all}/${nameOf(ref)}`;
  const headers = (token: string) => ({ authorization: `Bearer ${token}` });

  return {
    async putIfAbsent(ref, value) {
      const call = { name: 'create', method: 'POST', path: all, headers, body: secretOf(ref, value) } as const;
      const answer = await askStore(STORE, settings, call);
      if (answer.status === 201 && made.safeParse(answer.body).success) return 'stored';
      if (answer.status === 409 && reasonOf(answer.body) === 'AlreadyExists') return 'exists';
      throw notTaken(STORE, call.name, answer);
    },

    async get(ref) {
      const call = { name: 'get', method: 'GET', path: one(ref), headers } as const;
      const answer = await askStore(STORE, settings, call);
      if (answer.status === 404 && reasonOf(answer.body) === 'NotFound') throw notFound(ref);
      const found = answer.status === 200 ? kept.safeParse(answer.body).data : undefined;
      if (!found) throw notTaken(STORE, call.name, answer);
      const value = found.data?.['value'];
      if (value === undefined || found.metadata.annotations?.[PLACE] !== placeOf(ref)) throw unreadable(ref);
      return Buffer.from(value, 'base64').toString('utf8');
    },

    async destroy(ref) {
      const call = { name: 'delete', method: 'DELETE', path: one(ref), headers } as const;
      const answer = await askStore(STORE, settings, call);
      const isGone = answer.status === 404 && reasonOf(answer.body) === 'NotFound';
      const isTaken = (answer.status === 200 || answer.status === 202) && deleted.safeParse(answer.body).success;
      if (!isGone && !isTaken) throw notTaken(STORE, call.name, answer);
    },
  };
}

function secretOf(ref: SecretRef, value: string) {
  return {
    apiVersion: 'v1',
    kind: 'Secret',
    type: 'Opaque',
    immutable: true,
    metadata: {
      name: nameOf(ref),
      labels: { 'app.kubernetes.io/managed-by': 'tourniquet' },
      annotations: { [PLACE]: placeOf(ref) },
    },
    data: { value: Buffer.from(value, 'utf8').toString('base64') },
  };
}

function reasonOf(body: unknown): string | undefined {
  return status.safeParse(body).data?.reason;
}
