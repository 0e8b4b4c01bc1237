import { z } from 'zod';
import type { ProviderCapabilities } from '../../domain/ports/credential-provider';
import { isSafeAddress } from '../../domain/safe-to-fetch';

export const githubAccount = z.strictObject({
  /** Its API; of GitHub Enterprise Cloud with data residency `https://api.<subdomain>.ghe.com`. */
  url: z
    .string()
    .refine((text) => isSafeAddress(text) && !/[?#{}]|\/$/.test(text), 'is no https:// URL without a / at its end')
    .default('https://api.github.com'),
});

export type GithubSettings = z.infer<typeof githubAccount>;

/**
 * Tokens that `POST /credentials/revoke` takes: classic and fine-grained personal access tokens, tokens of OAuth apps, and of users of GitHub Apps
 * (docs.github.com, REST API, "Revocation").
 */
export const REVOCABLE = /^(?:gh[pou]_|github_pat_)\w{30,251}$/;

export const GITHUB_TOKEN: ProviderCapabilities = {
  overlap: 'values',
  quarantine: 'none',
  endsSessions: false,
  derivedTokens: 'none',
  lastUsed: 'none',
  secretOrigin: 'person',
  // GitHub takes a revocation (202) before it is done, and promises no time.
  propagationMs: 5_000,
  sideEffects: [
    'A leaked token works there until it is revoked: GitHub can refuse one in no other way. That can NOT be undone, and its owner gets an e-mail.',
    'GitHub shows a new token only to the person who asks for one: until they have given it to Tourniquet, the dependents of a revoked one have none that works.',
    'GitHub takes 60 such calls an hour from one address, of 1,000 tokens each: after 30 at once they wait for one another, two minutes at most.',
    'What the token has pushed or changed stays; so do deploy keys, web hooks and apps that it has added: look at the audit log of the organisation.',
  ],
  permissions: ['none: whoever has a token may have it revoked'],
};
