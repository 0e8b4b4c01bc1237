import { readFile } from 'node:fs/promises';
import { IncidentError } from '../../domain/errors';
import { sendHttp } from '../providers/http-send';
import type { KubernetesDependent } from './dependent-settings';

interface KubernetesRequest {
  readonly method: 'GET' | 'PATCH';
  /** Below the namespace, such as `deployments/orders`. */
  readonly path: string;
  /** The group and version, such as `apis/apps/v1`. */
  readonly api: string;
  readonly patch?: unknown;
}

/**
 * One call of the Kubernetes API, as its reference describes it; a patch is a JSON merge patch (RFC 7386). Resolves to what was answered.
 * @throws IncidentError DEPENDENT_REFUSED where our token may not, or there is no such object; DEPENDENT_UNREACHABLE for everything else, with
 *   `retryAfterMs` where the server asks for it
 */
export async function callKubernetes(
  { server, tokenFile, caFile, namespace }: KubernetesDependent,
  { method, api, path, patch }: KubernetesRequest,
  { dependent, signal }: { readonly dependent: string; readonly signal: AbortSignal },
): Promise<unknown> {
  const read = (file: string): Promise<string> =>
    readFile(file, 'utf8').catch(() => {
      throw new IncidentError('DEPENDENT_REFUSED', { dependent, failure: 'a file of its settings can not be read' });
    });
  const [token, ca] = await Promise.all([read(tokenFile), caFile === undefined ? undefined : read(caFile)]);
  const answer = await sendHttp(
    {
      method,
      url: `${server.replace(/\/$/, '')}/${api}/namespaces/${namespace}/${path}`,
      headers: {
        authorization: `Bearer ${token.trim()}`,
        accept: 'application/json',
        ...(patch === undefined ? {} : { 'content-type': 'application/merge-patch+json' }),
      },
      ...(patch === undefined ? {} : { body: JSON.stringify(patch) }),
      ca,
    },
    signal,
  );
  // A page that a network gives in its place has written nothing.
  if (!answer || (answer.isPage && patch !== undefined))
    throw new IncidentError('DEPENDENT_UNREACHABLE', { dependent, failure: 'no answer' });
  const { status, body, retryAfterMs } = answer;
  if (status === 200) return body;
  const isRefused = [401, 403, 404, 422].includes(status);
  throw new IncidentError(isRefused ? 'DEPENDENT_REFUSED' : 'DEPENDENT_UNREACHABLE', {
    dependent,
    status,
    retryAfterMs,
  });
}
