import { fetch } from 'undici';
import { signProbe, type FingerprintKey } from '../../domain/fingerprint';
import { PROBE_HEADER } from '../../domain/gateway-headers';

export type Answer = 'accepted' | 'refused' | 'no answer';

const PROBE_TIMEOUT_MS = 3_000;

/** Presents a token to one gateway as a marked probe. Only 401 is a refusal of the credential; anything else proves nothing. */
export async function presentToken(
  authorizeUrl: string,
  token: string,
  mark: { readonly key: FingerprintKey; readonly id: string },
  signal: AbortSignal,
): Promise<Answer> {
  try {
    const response = await fetch(authorizeUrl, {
      headers: { authorization: `Bearer ${token}`, [PROBE_HEADER]: signProbe(mark.id, Date.now(), mark.key) },
      signal: AbortSignal.any([signal, AbortSignal.timeout(PROBE_TIMEOUT_MS)]),
    });
    if (response.status === 401) return 'refused';
    return response.ok ? 'accepted' : 'no answer';
  } catch {
    return 'no answer';
  }
}
