import type { ApiKeyStore, KeyLeak } from '../activities/store/api-keys';
import { ourValuesIn } from '../domain/token-format';

/**
 * Notes of every API key of ours in what somebody found that it is exposed; whether there was one. No incident answers that, since nothing of Tourniquet's own is ended without a
 * person: security is paged until somebody has revoked it.
 */
export async function noteLeakedKeys(
  apiKeys: Pick<ApiKeyStore, 'noteLeak'>,
  found: string,
  leak: KeyLeak,
): Promise<boolean> {
  const keys = ourValuesIn(found).filter(({ value }) => value.startsWith('tqk_'));
  const noted = await Promise.all(keys.map(({ value }) => apiKeys.noteLeak(value, leak)));
  return noted.includes(true);
}
