import { startStoreServer, type StoreAnswer, type StoreRequest, type StoreServer } from './store-server';

export interface KubernetesObject {
  readonly metadata: {
    readonly name: string;
    readonly labels?: Record<string, string>;
    annotations?: Record<string, string>;
  };
  readonly immutable?: boolean;
  data?: Record<string, string>;
}

export interface KubernetesSecretsApi extends StoreServer {
  /** The tokens that are let in. */
  readonly tokens: Set<string>;
  /** The Secrets of the namespace `tourniquet`, by name. */
  readonly kept: Map<string, KubernetesObject>;
}

/** DNS-1123 subdomain, as an API server checks names of Secrets. */
const NAME = /^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$/;

/** A stand-in for a Kubernetes API server, in the documented wire format of core/v1 Secrets. */
export async function startKubernetesSecretsApi(token: string): Promise<KubernetesSecretsApi> {
  const tokens = new Set([token]);
  const kept: KubernetesSecretsApi['kept'] = new Map();

  function answer({ method, path, headers, body }: StoreRequest): StoreAnswer {
    if (!tokens.has(String(headers.authorization).replace(/^Bearer /, ''))) return status(401, 'Unauthorized');
    const { namespace, name } =
      /^\/api\/v1\/namespaces\/(?<namespace>[^/]+)\/secrets(?:\/(?<name>[^/]+))?$/.exec(path)?.groups ?? {};
    if (namespace !== 'tourniquet') return status(403, 'Forbidden');
    if (method === 'POST' && name === undefined) return create(body as unknown as KubernetesObject);
    const found = kept.get(name ?? '');
    if (!found) return status(404, 'NotFound');
    if (method === 'DELETE') {
      kept.delete(name ?? '');
      return { status: 200, body: { kind: 'Status', apiVersion: 'v1', status: 'Success' } };
    }
    return { status: 200, body: { kind: 'Secret', apiVersion: 'v1', ...found } };
  }

  function create(secret: KubernetesObject): StoreAnswer {
    const { name } = secret.metadata;
    if (name.length > 253 || !NAME.test(name)) return status(422, 'Invalid');
    if (kept.has(name)) return status(409, 'AlreadyExists');
    kept.set(name, secret);
    return { status: 201, body: { kind: 'Secret', ...secret } };
  }

  return { ...(await startStoreServer(answer)), tokens, kept };
}

function status(code: number, reason: string): StoreAnswer {
  return { status: code, body: { kind: 'Status', apiVersion: 'v1', metadata: {}, status: 'Failure', reason, code } };
}
