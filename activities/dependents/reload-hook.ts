import { fetch } from 'undici';
import { z } from 'zod';
import { IncidentError } from '../../domain/errors';
import type { DependentAdapter } from '../../domain/ports/dependent';

const TIMEOUT_MS = 5_000;

const hookStatus = z.object({
  credential: z.string(),
  version: z.number().int(),
  healthy: z.boolean(),
  detail: z.string().max(500),
});

/**
 * A service that serves `POST <target>/reload` and `GET <target>/status` (client/dependent/reload-hook.ts): it is told which
 * version to use and fetches the value itself, so no secret passes here. Our calls carry the hook key the service knows.
 */
export function createReloadHookAdapter(hookKey: string): DependentAdapter {
  async function call(
    method: 'GET' | 'POST',
    url: string,
    body: unknown,
    dependent: string,
    signal: AbortSignal,
  ): Promise<unknown> {
    const response = await fetch(url, {
      method,
      headers: { authorization: `Bearer ${hookKey}`, 'content-type': 'application/json' },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      signal: AbortSignal.any([signal, AbortSignal.timeout(TIMEOUT_MS)]),
    }).catch((cause: unknown) => {
      throw new IncidentError('DEPENDENT_UNREACHABLE', { dependent }, { cause });
    });
    if (response.status === 401 || response.status === 403)
      throw new IncidentError('DEPENDENT_REFUSED', { dependent, status: response.status });
    if (!response.ok) throw new IncidentError('DEPENDENT_UNREACHABLE', { dependent, status: response.status });
    return response.json();
  }

  return {
    kind: 'reload-hook',

    async activate(dependent, version, context) {
      const body = { credential: version.credentialId, version: version.version };
      await call('POST', `${dependent.target}/reload`, body, dependent.id, context.signal);
      return { state: 'done', value: undefined, evidence: `told to use version ${version.version}` };
    },

    async status(dependent, version, context) {
      const url = `${dependent.target}/status?credential=${encodeURIComponent(version.credentialId)}`;
      const answer = hookStatus.safeParse(await call('GET', url, undefined, dependent.id, context.signal));
      if (!answer.success) return { using: 'unknown', healthy: false, detail: 'its status could not be read' };
      return { using: answer.data.version, healthy: answer.data.healthy, detail: answer.data.detail };
    },
  };
}
