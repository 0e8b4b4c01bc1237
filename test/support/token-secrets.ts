import { ManagedCredential } from '../../client';
import type { ManagedUse } from '../../client';
import type { SecretClient } from '../../client';

/** A dependent's own credential, as the client library holds it, with values that can be searched for. */
export interface TokenUse {
  readonly use: ManagedUse;
  readonly secrets: readonly string[];
  held(): number;
  fetches(): number;
  probeWorks(works: boolean): void;
  storeAnswers(answers: boolean): void;
}

const VERSIONS = [1, 2, 3];

/** Opens it on version 1, with a secret store in this process. */
export async function openTokenUse(credentialId: string): Promise<TokenUse> {
  const token = (version: number): string => `canary-token-${version}-of-${credentialId}`;
  let fetches = 0;
  let probe = true;
  let answers = true;
  const client: SecretClient = {
    read(_id, version = 1) {
      fetches += 1;
      if (!answers) return Promise.reject(new Error('the secret store is away'));
      return Promise.resolve({ version, material: { kind: 'api-token', token: token(version) } });
    },
  };
  const credential = await ManagedCredential.open(credentialId, 'api-token', client);
  return {
    use: { credential, probe: () => (probe ? Promise.resolve() : Promise.reject(new Error('the probe failed'))) },
    secrets: VERSIONS.map(token),
    held: () => credential.held.version,
    fetches: () => fetches,
    probeWorks: (works) => void (probe = works),
    storeAnswers: (answering) => void (answers = answering),
  };
}
