import { fetch } from 'undici';
import { signProbe, type FingerprintKey } from '../../domain/fingerprint';
import { PROBE_HEADER } from '../../domain/gateway-headers';
import { isWebPage } from '../web-page';
import { withDeadline } from '../with-deadline';

export type Answer = 'accepted' | 'refused' | 'no answer';

const PROBE_TIMEOUT_MS = 3_000;

/** Presents a token to one gateway as a marked probe. Only 401 is a refusal of the credential; anything else proves nothing. */
export async function presentToken(
  authorizeUrl: string,
  token: string,
  mark: { readonly key: FingerprintKey; readonly id: string },
  signal: AbortSignal,
): Promise<Answer> {
  const headers = { authorization: `Bearer ${token}`, [PROBE_HEADER]: signProbe(mark.id, Date.now(), mark.key) };
  try {
    return await withDeadline(PROBE_TIMEOUT_MS, signal, async (within) => {
      const response = await fetch(authorizeUrl, { headers, redirect: 'manual', signal: within });
      if (!response.ok) {
        await response.body?.cancel();
        return response.status === 401 ? 'refused' : 'no answer';
      }
      return isWebPage(response.headers.get('content-type'), await response.text()) ? 'no answer' : 'accepted';
    });
  } catch {
    return 'no answer';
  }
}
