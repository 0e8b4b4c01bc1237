import type { FingerprintKey } from '../../domain/fingerprint';
import type { CredentialProvider } from '../../domain/ports/credential-provider';
import type { SecretStore } from '../../domain/ports/stores';
import { GIT_FORGE_TOKEN, gitForgeCalls, type GitForgeSettings } from './git-forge-account';
import { createHttpProvider } from './http';

/**
 * Personal access tokens of a user of Gitea or Forgejo: the provider `http` with the calls of their API. The principal is the user, the scopes are the
 * token's, such as `read:repository`.
 */
export function createGitForgeTokenProvider(
  accounts: ReadonlyMap<string, GitForgeSettings>,
  secrets: SecretStore,
  fingerprintKeys: readonly [FingerprintKey, ...FingerprintKey[]],
): CredentialProvider {
  const declared = new Map([...accounts].map(([name, settings]) => [name, gitForgeCalls(settings)]));
  return createHttpProvider(declared, secrets, fingerprintKeys, {
    id: 'git-forge-token',
    capabilities: GIT_FORGE_TOKEN,
  });
}
