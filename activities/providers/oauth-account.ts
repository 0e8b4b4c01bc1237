import { z } from 'zod';
import type { ProviderCapabilities } from '../../domain/ports/credential-provider';
import { isSafeAddress } from '../../domain/safe-to-fetch';

const address = z.string().refine(isSafeAddress, 'is no https:// URL');

const authMethod = z.enum(['client_secret_basic', 'client_secret_post']).default('client_secret_basic');

/**
 * An authorization server whose clients may be registered and managed (RFC 7591 and 7592). It must leave the registration access token of a client as it
 * is when the client is updated: one whose successor was lost with an answer leaves a client that nobody can end.
 */
export const oauthClientAccount = z.strictObject({
  registrationUrl: address,
  /** Holds the initial access token, where registration needs one. */
  initialAccessTokenFile: z.string().optional(),
  tokenUrl: address,
  /** RFC 7662, and an API that may ask of tokens of all clients. Without it, tokens that a client was given count as live until the longest of them has ended. */
  introspection: z
    .strictObject({ url: address, clientId: z.string().min(1), clientSecretFile: z.string(), authMethod })
    .optional(),
  /** RFC 7009: ends the tokens that our own checks are given. Not where repeated requests are given the same token. */
  revocationUrl: address.optional(),
  authMethod,
  /** The longest life of any access token that a client may be given, in seconds. */
  tokenSeconds: z.number().int().min(1).max(604_800).default(3_600),
});

type Declared = z.infer<typeof oauthClientAccount>;

export type OauthIntrospection = NonNullable<Declared['introspection']>;

/** The same with what stands in the files. */
export type OauthClientSettings = Omit<Declared, 'initialAccessTokenFile' | 'introspection'> & {
  readonly initialAccessToken?: string;
  readonly introspection?: Omit<OauthIntrospection, 'clientSecretFile'> & { readonly clientSecret: string };
};

export const OAUTH_CLIENT: ProviderCapabilities = {
  overlap: 'principals',
  quarantine: 'reversible',
  endsSessions: false,
  derivedTokens: 'live-on',
  lastUsed: 'none',
  secretOrigin: 'shown-once',
  propagationMs: 0,
  sideEffects: [
    'The replacement is a client of its own: whatever names the old client id, such as a grant or an allow list, must name the new one.',
    'Access tokens of the old client work on until they end, unless the server ends them with their client.',
  ],
  permissions: ['an initial access token that may register clients'],
};
