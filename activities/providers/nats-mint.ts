import { Algorithms, encodeUser, fmtCreds, type User } from '@nats-io/jwt';
import { createUser, fromSeed, type KeyPair } from '@nats-io/nkeys';
import type { Credential } from '../../domain/credential';
import { IncidentError } from '../../domain/errors';
import type { NatsUserMaterial } from '../../domain/secret-material';
import type { NatsUserSettings } from './nats-account';

/** A scope of the inventory: `pub:orders.>` or `sub:orders.*`. */
const SCOPE = /^(pub|sub):([^\s]+)$/;

/** A new user of the account, with the rights that the credential's scopes name; without any, all that the account has. No server needs to be told of it. */
export async function makeNatsUser(
  settings: NatsUserSettings,
  { id, account, scopes }: Credential,
  version: number,
): Promise<NatsUserMaterial> {
  const user = createUser();
  const signer = fromSeed(new TextEncoder().encode(settings.accountSeed));
  const rights: Partial<User> = scopes.length > 0 ? { pub: { allow: [] }, sub: { allow: [] } } : {};
  for (const scope of scopes) {
    const [, way, subject = ''] = SCOPE.exec(scope) ?? [];
    if (way !== 'pub' && way !== 'sub')
      throw new IncidentError('PROVIDER_REFUSED', {
        account,
        scope,
        reply: 'is neither pub:<subject> nor sub:<subject>',
      });
    rights[way]?.allow?.push(subject);
  }
  // An allow list that is empty allows all.
  for (const way of ['pub', 'sub'] as const) if (rights[way]?.allow?.length === 0) rights[way] = { deny: ['>'] };
  const isIdentity = signer.getPublicKey() === settings.account;
  const claims = { ...rights, ...(isIdentity ? {} : { issuer_account: settings.account }) };
  const jwt = await encodeUser(`tourniquet-${id}-v${version}`, user, signer, claims, { algorithm: Algorithms.v2 });
  return { kind: 'nats-user', url: settings.url, user: user.getPublicKey(), creds: credsOf(jwt, user) };
}

function credsOf(jwt: string, user: KeyPair): string {
  return new TextDecoder().decode(fmtCreds(jwt, user));
}
