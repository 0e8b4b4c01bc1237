import { z } from 'zod';
import type { ProviderCapabilities } from '../../domain/ports/credential-provider';

const address = z.string().regex(/^(?:nats|tls):\/\/[^\s@]+$/, 'is no nats:// or tls:// URL without a user');

/** An account of NATS in operator mode, with a resolver that takes updates. */
export const natsUserAccount = z.strictObject({
  /** Where users log in. */
  url: address,
  /** Where the system account is asked, if it is not there. */
  systemUrl: address.optional(),
  /** The account's identity. */
  account: z.string().regex(/^A[A-Z2-7]{55}$/, 'is no public key of an account'),
  /** Credentials (`.creds`) of a user of the system account that may look claims up, update them, and list connections. */
  systemCredsFile: z.string(),
  /** The seed of a signing key of the operator: with it an account is changed. */
  operatorSeedFile: z.string(),
  /** The seed of a signing key of the account, or of its identity: with it users are made. */
  accountSeedFile: z.string(),
});

/** The same with what stands in the files. */
export type NatsUserSettings = Omit<
  z.infer<typeof natsUserAccount>,
  'systemCredsFile' | 'operatorSeedFile' | 'accountSeedFile'
> & { readonly systemCreds: string; readonly operatorSeed: string; readonly accountSeed: string };

export const NATS_USER: ProviderCapabilities = {
  overlap: 'principals',
  quarantine: 'reversible',
  endsSessions: true,
  derivedTokens: 'none',
  lastUsed: 'none',
  secretOrigin: 'ours',
  propagationMs: 1_000,
  sideEffects: [
    'The account’s JWT is signed anew with a revocation: a copy of it that is pushed from elsewhere (`nsc push` without `nsc pull` before) takes the revocation back.',
    'The replacement is a user with a key of its own: whatever names the old public key must name the new one.',
  ],
  permissions: ['$SYS.REQ.ACCOUNT.*.CLAIMS.LOOKUP', '$SYS.REQ.CLAIMS.UPDATE', '$SYS.REQ.SERVER.PING.CONNZ'],
};
