import { fetch } from 'undici';
import { z } from 'zod';
import type { DependentRecord } from '../../domain/credential';
import { IncidentError } from '../../domain/errors';
import { parseJson } from '../../domain/parse-json';
import type { DependentAdapter } from '../../domain/ports/dependent';
import { retryAfterMs } from '../retry-after';
import { isWebPage } from '../web-page';
import { withDeadline } from '../with-deadline';

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
  /** The answer's JSON; undefined when it said something else. */
  async function call(
    dependent: DependentRecord,
    route: string,
    signal: AbortSignal,
    body?: unknown,
  ): Promise<unknown> {
    const headers = { authorization: `Bearer ${hookKey}`, 'content-type': 'application/json' };
    const request = body === undefined ? { headers } : { method: 'POST', headers, body: JSON.stringify(body) };
    try {
      return await withDeadline(TIMEOUT_MS, signal, async (within) => {
        // Followed, a call would say to another that it was told.
        const response = await fetch(`${dependent.target}${route}`, { ...request, redirect: 'manual', signal: within });
        const text = await response.text();
        const isPage = isWebPage(response.headers.get('content-type'), text);
        // Of a status a page says nothing; a service that was told nothing must be told again.
        if (response.ok && !(isPage && body !== undefined)) return parseJson(text);
        const refused = response.status === 401 || response.status === 403;
        const code = refused ? 'DEPENDENT_REFUSED' : 'DEPENDENT_UNREACHABLE';
        throw new IncidentError(code, {
          dependent: dependent.id,
          status: response.status,
          retryAfterMs: retryAfterMs(response.headers.get('retry-after')),
        });
      });
    } catch (error) {
      if (error instanceof IncidentError) throw error;
      // Not the cause itself: it may quote the target or the key.
      throw new IncidentError('DEPENDENT_UNREACHABLE', { dependent: dependent.id, failure: failureName(error) });
    }
  }

  return {
    kind: 'reload-hook',

    async activate(dependent, version, { signal }) {
      await call(dependent, '/reload', signal, { credential: version.credentialId, version: version.version });
      return { state: 'done', value: undefined, evidence: `told to use version ${version.version}` };
    },

    async status(dependent, version, { signal }) {
      const route = `/status?credential=${encodeURIComponent(version.credentialId)}`;
      // A time-out says nothing either way: its probe may be waiting for the new version.
      const answer = hookStatus.safeParse(await call(dependent, route, signal).catch(unlessSilent));
      if (!answer.success || answer.data.credential !== version.credentialId)
        return { using: 'unknown', healthy: false, detail: 'its status could not be read' };
      return { using: answer.data.version, healthy: answer.data.healthy, detail: answer.data.detail };
    },
  };
}

function unlessSilent(error: unknown): undefined {
  if (error instanceof IncidentError && error.fields['failure'] === 'TimeoutError') return undefined;
  throw error;
}

/** `TimeoutError`, `ECONNREFUSED` and the like. */
function failureName(error: unknown): string {
  if (typeof error !== 'object' || error === null) return typeof error;
  const cause = 'cause' in error ? error.cause : undefined;
  const code = typeof cause === 'object' && cause !== null && 'code' in cause ? cause.code : undefined;
  if (typeof code === 'string') return code;
  return 'name' in error ? String(error.name) : 'unknown';
}
