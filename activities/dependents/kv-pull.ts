import type { KV } from '@nats-io/kv';
import { AuthorizationError, PermissionViolationError } from '@nats-io/transport-node';
import { z } from 'zod';
import { IncidentError } from '../../domain/errors';
import type { DependentAdapter } from '../../domain/ports/dependent';
import { nameOf } from '../../domain/name-of';

const announcement = z.object({ version: z.number().int() });
const acknowledgement = z.object({ version: z.number().int(), healthy: z.boolean(), detail: z.string().max(500) });

/**
 * A service that watches NATS KV `credentials/<credential>.<dependent>` for the version to use, fetches the value itself, and answers in
 * `acks/<credential>.<dependent>` (client/dependent/kv-pull.ts). Each has a key of its own: a canary moves alone.
 */
export function createKvPullAdapter(buckets: { readonly credentials: KV; readonly acks: KV }): DependentAdapter {
  async function acknowledged(dependentId: string, credentialId: string) {
    const answer = await read(buckets.acks, keyOf(dependentId, credentialId), dependentId);
    const parsed = acknowledgement.safeParse(answer);
    return parsed.success ? parsed.data : undefined;
  }

  return {
    kind: 'kv-pull',

    async activate(dependent, { credentialId, version }) {
      const key = keyOf(dependent.id, credentialId);
      const known = announcement.safeParse(await read(buckets.credentials, key, dependent.id));
      const answer = await acknowledged(dependent.id, credentialId);
      if (known.data?.version === version && answer?.version === version && answer.healthy)
        return { state: 'already', value: undefined, evidence: `version ${version} announced and acknowledged` };
      // Announced again as long as it has not answered: its first try to change may have failed.
      await reaching(dependent.id, () => buckets.credentials.put(key, JSON.stringify({ version })));
      return { state: 'done', value: undefined, evidence: `version ${version} announced` };
    },

    async status(dependent, { credentialId }) {
      const answer = await acknowledged(dependent.id, credentialId);
      if (!answer) return { using: 'unknown', healthy: false, detail: 'has not answered yet' };
      return { using: answer.version, healthy: answer.healthy, detail: answer.detail };
    },
  };
}

function keyOf(dependentId: string, credentialId: string): string {
  return `${credentialId}.${dependentId}`;
}

/** A value as JSON; undefined when there is none, or it is something else. */
async function read(bucket: KV, key: string, dependent: string): Promise<unknown> {
  const entry = await reaching(dependent, () => bucket.get(key));
  if (entry?.operation !== 'PUT') return undefined;
  try {
    return entry.json();
  } catch {
    return undefined;
  }
}

/** @throws IncidentError DEPENDENT_REFUSED where NATS does not let us write or read there, else DEPENDENT_UNREACHABLE: the way to it is NATS. */
async function reaching<T>(dependent: string, call: () => Promise<T>): Promise<T> {
  try {
    return await call();
  } catch (error) {
    throw new IncidentError(isDenied(error) ? 'DEPENDENT_REFUSED' : 'DEPENDENT_UNREACHABLE', {
      dependent,
      failure: nameOf(error),
    });
  }
}

/** A request that NATS did not let through has that as its cause. */
function isDenied(error: unknown): boolean {
  if (error instanceof PermissionViolationError || error instanceof AuthorizationError) return true;
  return error instanceof Error && error.cause !== undefined && isDenied(error.cause);
}
