import { z } from 'zod';
import type { ProviderCapabilities } from '../../domain/ports/credential-provider';
import { isSafeAddress } from '../../domain/safe-to-fetch';
import type { HttpSettings } from './http-account';

export const gitForgeAccount = z.strictObject({
  /** Where it is, such as `https://git.example.com`. */
  url: z
    .string()
    .refine((text) => isSafeAddress(text) && !/[?#{}]|\/$/.test(text), 'is no https:// URL without a / at its end'),
  /** Holds `user:password` of a site administrator: tokens can be made with a password only. */
  adminFile: z.string(),
});

export type GitForgeSettings = Omit<z.infer<typeof gitForgeAccount>, 'adminFile'> & { readonly admin: string };

/** As Gitea 1.26 and Forgejo give them out at once, which is as many as they ever do. */
const PAGE = 50;

export const GIT_FORGE_TOKEN: ProviderCapabilities = {
  overlap: 'values',
  quarantine: 'none',
  endsSessions: false,
  derivedTokens: 'none',
  lastUsed: 'exact',
  secretOrigin: 'shown-once',
  propagationMs: 0,
  sideEffects: [
    'A leaked token works there until it is revoked, which is when its dependents have moved: a forge can refuse a token only by deleting it.',
    `Of a user with more than ${PAGE} tokens the oldest are not seen.`,
    'What the token has pushed or changed stays; so do deploy keys and web hooks that it has made: look at the audit of the forge.',
  ],
  permissions: ['a site administrator, by user and password: Basic authentication, without a second factor'],
};

/** The calls of the API of Gitea (`/api/v1`, also Forgejo's) as the provider `http` makes them. The label of a token is its name, which is unique for a user. */
export function gitForgeCalls({ url, admin }: GitForgeSettings): HttpSettings {
  const headers = { authorization: 'Basic {admin|base64}' };
  const tokens = `${url}/api/v1/users/{principal}/tokens`;
  return {
    admin,
    probe: { method: 'GET', url: `${url}/api/v1/admin/users?limit=1`, headers, done: [200] },
    create: { method: 'POST', url: tokens, headers, body: { name: '{label}', scopes: '{scopes}' }, done: [201] },
    gives: { id: '/id', secret: '/sha1' },
    list: { method: 'GET', url: `${tokens}?limit=${PAGE}`, headers, done: [200] },
    listed: { items: '', label: '/name', id: '/id' },
    lastUsed: '/last_used_at',
    absent: [404],
    delete: { method: 'DELETE', url: `${tokens}/{id}`, headers, done: [204] },
    present: {
      method: 'GET',
      url: `${url}/api/v1/user`,
      headers: { authorization: 'token {secret}' },
      done: [200, 403],
    },
    refused: [401],
    propagationMs: 0,
  };
}
