import { startStoreServer, type StoreAnswer, type StoreRequest, type StoreServer } from './store-server';

const TIME = '2026-11-29T00:00:00.000000Z';

interface Kept {
  /** By number, from 1; undefined is deleted and not destroyed. */
  readonly versions: unknown[];
}

export interface VaultServer extends StoreServer {
  /** The tokens that are let in. */
  readonly tokens: Set<string>;
  /** By path below the mount. */
  readonly kept: Map<string, Kept>;
  /** The namespace that calls must name, if any. */
  namespace: string | undefined;
}

/**
 * A stand-in for Vault and OpenBao, in the documented wire format of their KV secrets engine: version 2 is mounted at `secret`, version 1 at `old`,
 * which takes any path for a value and knows nothing of `cas`.
 */
export async function startVaultServer(token: string): Promise<VaultServer> {
  const tokens = new Set([token]);
  const kept: VaultServer['kept'] = new Map();

  function answer(request: StoreRequest): StoreAnswer {
    if (!tokens.has(String(request.headers['x-vault-token']))) return errors(403, 'permission denied');
    const named = request.headers['x-vault-namespace'];
    if (named !== vault.namespace) return errors(404, `no handler for route "${request.path}". route entry not found.`);
    if (request.path.startsWith('/v1/old/')) return { status: request.method === 'GET' ? 404 : 204, body: undefined };
    const { part, path = '' } = /^\/v1\/secret\/(?<part>data|metadata)\/(?<path>.+)$/.exec(request.path)?.groups ?? {};
    if (part === undefined) return errors(404, `no handler for route "${request.path}". route entry not found.`);
    if (part === 'metadata') return request.method === 'DELETE' ? destroy(path) : errors(405, 'unsupported operation');
    return request.method === 'GET' ? read(path) : write(path, request.body);
  }

  function write(path: string, { options, data }: Record<string, unknown>): StoreAnswer {
    const { cas } = (options ?? {}) as { cas?: number };
    const found = kept.get(path) ?? { versions: [] };
    if (cas !== undefined && cas !== found.versions.length)
      return errors(400, 'check-and-set parameter did not match the current version');
    found.versions.push(data);
    kept.set(path, found);
    return { status: 200, body: { data: metadataOf(found.versions.length, '') } };
  }

  function read(path: string): StoreAnswer {
    const found = kept.get(path);
    if (!found) return { status: 404, body: { errors: [] } };
    const data = found.versions.at(-1);
    const metadata = metadataOf(found.versions.length, data === undefined ? TIME : '');
    return { status: data === undefined ? 404 : 200, body: { data: { data: data ?? null, metadata } } };
  }

  function destroy(path: string): StoreAnswer {
    kept.delete(path);
    return { status: 204 };
  }

  const vault: VaultServer = { ...(await startStoreServer(answer)), tokens, kept, namespace: undefined };
  return vault;
}

function metadataOf(version: number, deletedAt: string) {
  return { created_time: TIME, custom_metadata: null, deletion_time: deletedAt, destroyed: false, version };
}

function errors(status: number, text: string): StoreAnswer {
  return { status, body: { errors: [text] } };
}
