import { z } from 'zod';
import type { ProviderCapabilities } from '../../domain/ports/credential-provider';
import { isSafeAddress } from '../../domain/safe-to-fetch';

const REALM = /\/realms\/[^/?#]+$/;

const realm = z
  .string()
  .refine(isSafeAddress, 'is no https:// URL')
  .refine((text) => REALM.test(text), 'does not end with /realms/<name>');

/** A realm of Keycloak whose policy lets a client's old secret live beside the new one (executor `secret-rotation`). */
export const keycloakClientAccount = z.strictObject({
  /** Where dependents get their tokens: the realm's issuer, such as `https://sso.example.com/realms/orders`. */
  realmUrl: realm,
  /** The same realm where its admin API is reached, if that is elsewhere. */
  adminRealmUrl: realm.optional(),
  /** A client of the realm with a service account that has the role `manage-clients` of `realm-management`. */
  adminClientId: z.string().min(1),
  adminClientSecretFile: z.string(),
  authMethod: z.enum(['client_secret_basic', 'client_secret_post']).default('client_secret_basic'),
  /** How long the older of two secrets works at most, in seconds: then Keycloak ends it by itself. */
  overlapSeconds: z.number().int().min(60).max(2_592_000).default(172_800),
});

/** The same with what stands in the file. */
export type KeycloakClientSettings = Omit<z.infer<typeof keycloakClientAccount>, 'adminClientSecretFile'> & {
  readonly adminClientSecret: string;
};

export const KEYCLOAK_CLIENT: ProviderCapabilities = {
  overlap: 'values',
  quarantine: 'reversible',
  endsSessions: true,
  derivedTokens: 'end',
  lastUsed: 'none',
  secretOrigin: 'ours',
  propagationMs: 0,
  sideEffects: [
    'Every access token of the client is ended once, also those that its other secret got, which Keycloak does not tell apart; for up to a second new ones are refused too: dependents ask again.',
    'The older of two secrets ends by itself after `overlapSeconds`, whether or not its dependents have moved.',
    'An API that checks tokens by their signature alone, and does not ask Keycloak, takes the old ones until they end.',
    'While the only secret is refused, the client has one that nobody knows, which begins with `tourniquet-none-`.',
  ],
  permissions: ['manage-clients of realm-management'],
};

/** Where the parts of a realm are (they are the same in every Keycloak). */
export function placesOf(realmUrl: string): Readonly<Record<'token' | 'introspection' | 'revocation', string>> {
  const token = `${realmUrl}/protocol/openid-connect/token`;
  return { token, introspection: `${token}/introspect`, revocation: `${realmUrl}/protocol/openid-connect/revoke` };
}

/** Where a realm is managed. */
export function adminPlaceOf({ realmUrl, adminRealmUrl = realmUrl }: KeycloakClientSettings): string {
  return adminRealmUrl.replace(REALM, (found) => `/admin${found}`);
}
