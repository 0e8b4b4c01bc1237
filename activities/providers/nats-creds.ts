import { decode, type User } from '@nats-io/jwt';
import { fromSeed } from '@nats-io/nkeys';
import { natsSeed } from '../../domain/secret-material';
import { adoptionRefused } from './adoption';

/**
 * Whose credentials (`.creds`) these are: the user's public key, and whether its rights are narrower than the account's. They must be of this account, by its public key.
 * @throws IncidentError ADOPTION_REFUSED, which quotes nothing of them
 */
export function userOfCreds(creds: string, account: string): { readonly user: string; readonly isRestricted: boolean } {
  const { user, belongsTo, seedsUser, isRestricted } = read(creds);
  if (belongsTo !== account) throw adoptionRefused('these credentials are of a user of another account');
  if (seedsUser !== user) throw adoptionRefused('the seed is not that of the user whom the JWT names');
  return { user, isRestricted };
}

interface Read {
  readonly user: string;
  readonly belongsTo: string;
  readonly seedsUser: string;
  /** It may do less than the account may. */
  readonly isRestricted: boolean;
}

function read(creds: string): Read {
  try {
    const jwt = /-----BEGIN NATS USER JWT-----\s+(\S+)/.exec(creds)?.[1] ?? '';
    const { sub, iss, nats } = decode<User & { readonly issuer_account?: string }>(jwt);
    const seedsUser = fromSeed(new TextEncoder().encode(natsSeed(creds))).getPublicKey();
    const isRestricted = [nats.pub, nats.sub].some((way) => (way?.allow ?? way?.deny ?? []).length > 0);
    return { user: sub, belongsTo: nats.issuer_account ?? iss, seedsUser, isRestricted };
  } catch {
    // The libraries quote what they could not read.
    throw adoptionRefused('these are no credentials of a NATS user: give what stands in the .creds file');
  }
}
