import { fingerprint, type FingerprintKey } from '../../domain/fingerprint';
import { isSubject, type Subject } from '../../domain/subject';

/** What a value is known by: its id at another system, unless that may be no subject and so names nothing; and its fingerprint under each key, to gateways. */
export function knownBy(
  { provider, account, id }: { readonly provider: string; readonly account: string; readonly id: string },
  secret: string,
  keys: readonly FingerprintKey[],
): readonly Subject[] {
  const named = `id:${provider}:${account}/${id}`;
  return [...(isSubject(named) ? [named] : []), ...keys.map((key) => fingerprint(secret, key))];
}
