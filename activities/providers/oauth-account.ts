import { z } from 'zod';
import type { ProviderCapabilities } from '../../domain/ports/credential-provider';
import { isSafeToFetch } from '../../domain/safe-to-fetch';

const address = z.string().refine((text) => URL.canParse(text) && isSafeToFetch(new URL(text)), 'is no https:// URL');

/**
 * An authorization server whose clients may be registered and managed (RFC 7591 and 7592). It must leave the registration access token of a client as it
 * is when the client is updated: one whose successor was lost with an answer leaves a client that nobody can end.
 */
export const oauthClientAccount = z.strictObject({
  registrationUrl: address,
  /** Holds the initial access token, where registration needs one. */
  initialAccessTokenFile: z.string().optional(),
  tokenUrl: address,
  /** RFC 7662: without it, tokens that a client has issued count as live until the longest of them has ended. */
  introspectionUrl: address.optional(),
  /** RFC 7009: ends the tokens that our own checks are given. */
  revocationUrl: address.optional(),
  authMethod: z.enum(['client_secret_basic', 'client_secret_post']).default('client_secret_basic'),
  /** How long a client's access tokens live at most, in seconds. */
  tokenSeconds: z.number().int().min(1).max(604_800).default(3_600),
});

/** The same with what stands in the file. */
export type OauthClientSettings = Omit<z.infer<typeof oauthClientAccount>, 'initialAccessTokenFile'> & {
  readonly initialAccessToken?: string;
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
