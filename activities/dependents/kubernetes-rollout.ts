import { createHash } from 'node:crypto';
import { z } from 'zod';
import type { DependentAdapter, DependentStatus } from '../../domain/ports/dependent';
import type { SecretStore } from '../../domain/ports/stores';
import { effect } from '../providers/effect';
import { contentOf } from './content-of';
import type { KubernetesDependent } from './dependent-settings';
import { callKubernetes } from './kubernetes-call';
import { systemOf } from './system-of';

/** A rollout takes longer than any wait between. */
const ASK_EVERY_MS = 1_000;

const annotated = z.object({ annotations: z.record(z.string(), z.string()).default({}) }).default({ annotations: {} });
const workload = z.object({
  metadata: z.object({ generation: z.number().int() }),
  spec: z.object({ replicas: z.number().int().default(1), template: z.object({ metadata: annotated }) }),
  status: z
    .object({
      observedGeneration: z.number().int().default(0),
      replicas: z.number().int().default(0),
      updatedReplicas: z.number().int().default(0),
      readyReplicas: z.number().int().default(0),
    })
    .default({ observedGeneration: 0, replicas: 0, updatedReplicas: 0, readyReplicas: 0 }),
});

/**
 * A deployment or stateful set of Kubernetes: its pods are replaced, one after the other as it declares, because an annotation of their template
 * names another version, which the downward API shows them. Where the settings name a secret, the value is written there first. That a pod is ready,
 * by its own readiness probe, is the probe through it.
 */
export function createKubernetesRolloutAdapter(
  systems: ReadonlyMap<string, KubernetesDependent>,
  secrets: Pick<SecretStore, 'get'>,
): DependentAdapter {
  return {
    kind: 'kubernetes-rollout',
    askEveryMs: ASK_EVERY_MS,

    async activate(dependent, version, context) {
      const system = systemOf(systems, dependent, version);
      const about = { dependent: dependent.id, signal: context.signal };
      const { secret, name } = system;
      if (secret) {
        // Also where its pods use the version: one that begins later must find it, too.
        const content = await contentOf(secrets, version, secret.template, dependent);
        context.signal.throwIfAborted();
        const patch = { data: { [secret.key]: Buffer.from(content).toString('base64') } };
        await callKubernetes(system, { method: 'PATCH', api: 'api/v1', path: `secrets/${secret.name}`, patch }, about);
      }
      const annotations = { [annotationOf(version.credentialId)]: String(version.version) };
      const patch = { spec: { template: { metadata: { annotations } } } };
      // The same annotation once more replaces no pod.
      await callKubernetes(system, { method: 'PATCH', api: 'apis/apps/v1', path: pathOf(system), patch }, about);
      return effect('done', `${system.kind} ${name} is rolled out with version ${version.version}`);
    },

    async status(dependent, { credentialId }, { signal }) {
      const system = systemOf(systems, dependent, { credentialId });
      const request = { method: 'GET', api: 'apis/apps/v1', path: pathOf(system) } as const;
      const read = workload.safeParse(await callKubernetes(system, request, { dependent: dependent.id, signal }));
      return read.success ? statusOf(read.data, credentialId) : unknownBecause('its workload could not be read');
    },
  };
}

/** Which version a pod template names for a credential: a key of Kubernetes, whatever the credential is called. */
export function annotationOf(credentialId: string): string {
  const readable = credentialId
    .replaceAll(/[^A-Za-z0-9]+/g, '-')
    .replaceAll(/^-|-$/g, '')
    .slice(0, 40);
  const hash = createHash('sha256').update(credentialId).digest('hex').slice(0, 12);
  return `tourniquet.dev/${readable === '' ? hash : `${readable}-${hash}`}`;
}

function pathOf({ kind, name }: KubernetesDependent): string {
  return `${kind}s/${name}`;
}

/** What `kubectl rollout status` waits for: until then some pods may use either version. */
function statusOf({ metadata, spec, status }: z.infer<typeof workload>, credentialId: string): DependentStatus {
  const named = Number(spec.template.metadata.annotations[annotationOf(credentialId)]);
  if (!Number.isInteger(named)) return unknownBecause('its pod template names no version');
  const { observedGeneration, replicas, updatedReplicas, readyReplicas } = status;
  const isDone =
    observedGeneration >= metadata.generation && updatedReplicas >= spec.replicas && replicas === updatedReplicas;
  if (!isDone)
    return {
      using: 'several',
      towards: named,
      healthy: false,
      detail: `${updatedReplicas} of ${spec.replicas} pods use version ${named}`,
    };
  const detail = spec.replicas === 0 ? 'it is scaled to none' : `${readyReplicas} of ${spec.replicas} pods are ready`;
  return { using: named, healthy: readyReplicas >= spec.replicas, detail };
}

function unknownBecause(detail: string): DependentStatus {
  return { using: 'unknown', healthy: false, detail };
}
