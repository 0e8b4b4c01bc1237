import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

interface Workload {
  annotations: Record<string, string>;
  generation: number;
  /** What its controller has made of that. */
  observed: number;
  replicas: number;
  updated: number;
}

/**
 * A stand-in of the Kubernetes API, for deployments and secrets of one namespace: paths, merge patches, generations and status as its reference
 * describes them; a controller that rolls out at once, or when it is told to.
 */
export interface KubernetesApi {
  readonly url: string;
  readonly token: string;
  /** Bodies that were sent to it. */
  readonly bodies: string[];
  readonly secrets: ReadonlyMap<string, Readonly<Record<string, string>>>;
  annotations(name: string): Readonly<Record<string, string>>;
  /** How often its pods were replaced, and one. */
  generation(name: string): number;
  /** The next call of this kind of object is answered with this status. */
  refuseNext(kind: string, status: number): void;
  /** Pods get ready, or never do. */
  ready: boolean;
  /** New templates are rolled out. */
  rollsOut: boolean;
  /** The next answers come with this status. */
  refuse(status: number, headers?: Record<string, string>): void;
  stop(): Promise<void>;
}

export async function startKubernetesApi(names: readonly string[]): Promise<KubernetesApi> {
  const workloads = new Map<string, Workload>(
    [...names, 'orders-set'].map((name) => [
      name,
      { annotations: {}, generation: 1, observed: 1, replicas: 2, updated: 2 },
    ]),
  );
  const secrets = new Map<string, Record<string, string>>([['orders-secret', {}]]);
  let refusedOnce: { kind: string; status: number } | undefined;
  let refused: { status: number; headers: Record<string, string> } | undefined;
  const server = createServer((request, response) => void answer(request, response));
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const api: KubernetesApi = {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    token: 'canary-service-account-token',
    bodies: [],
    secrets,
    annotations: (name) => workloads.get(name)?.annotations ?? {},
    generation: (name) => workloads.get(name)?.generation ?? 0,
    refuseNext: (kind, status) => void (refusedOnce = { kind, status }),
    ready: true,
    rollsOut: true,
    refuse: (status, headers = {}) => void (refused = { status, headers }),
    async stop() {
      server.closeAllConnections();
      if (server.listening) await new Promise((resolve) => server.close(resolve));
    },
  };
  return api;

  async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const body = Buffer.concat(chunks).toString('utf8');
    if (body !== '') api.bodies.push(body);
    const send = (status: number, value: unknown, headers: Record<string, string> = {}) =>
      response.writeHead(status, { 'content-type': 'application/json', ...headers }).end(JSON.stringify(value));
    if (refused) return void send(refused.status, { kind: 'Status', code: refused.status }, refused.headers);
    if (refusedOnce && request.method === 'PATCH' && request.url?.includes(`/${refusedOnce.kind}/`)) {
      const { status } = refusedOnce;
      refusedOnce = undefined;
      return void send(status, { kind: 'Status', code: status });
    }
    if (request.headers.authorization !== `Bearer ${api.token}`) return void send(401, { kind: 'Status', code: 401 });
    const isPatch = request.method === 'PATCH';
    if (isPatch && request.headers['content-type'] !== 'application/merge-patch+json')
      return void send(415, { kind: 'Status', code: 415 });
    const [, deployment] =
      /^\/apis\/apps\/v1\/namespaces\/shop\/(?:deployments|statefulsets)\/([\w-]+)$/.exec(request.url ?? '') ?? [];
    const [, secret] = /^\/api\/v1\/namespaces\/shop\/secrets\/([\w-]+)$/.exec(request.url ?? '') ?? [];
    const workload = workloads.get(deployment ?? '');
    const data = secrets.get(secret ?? '');
    if (workload) {
      if (isPatch) patchWorkload(workload, JSON.parse(body) as Patch);
      return void send(200, shown(workload));
    }
    if (data) {
      if (isPatch) Object.assign(data, (JSON.parse(body) as { data: Record<string, string> }).data);
      return void send(200, { kind: 'Secret', data });
    }
    send(404, { kind: 'Status', code: 404 });
  }

  function patchWorkload(workload: Workload, patch: Patch): void {
    const annotations = { ...workload.annotations, ...patch.spec.template.metadata.annotations };
    if (JSON.stringify(annotations) === JSON.stringify(workload.annotations)) return;
    workload.annotations = annotations;
    workload.generation += 1;
    workload.updated = 0;
    if (!api.rollsOut) return;
    workload.observed = workload.generation;
    workload.updated = workload.replicas;
  }

  function shown({ annotations, generation, observed, replicas, updated }: Workload): unknown {
    const readyReplicas = api.ready ? replicas : 0;
    return {
      kind: 'Deployment',
      metadata: { generation },
      spec: { replicas, template: { metadata: Object.keys(annotations).length === 0 ? {} : { annotations } } },
      status: { observedGeneration: observed, replicas, updatedReplicas: updated, readyReplicas },
    };
  }
}

interface Patch {
  readonly spec: { readonly template: { readonly metadata: { readonly annotations: Record<string, string> } } };
}
