import { createHash, scrypt } from 'node:crypto';
import { promisify } from 'node:util';
import type { SecretVersion } from '../../domain/credential';
import type { Inventory, SecretStore } from '../../domain/ports/stores';
import { valueOf } from '../../domain/secret-material';

/** HasMySecretLeaked's public pepper and costs (ggshield, verticals/hmsl/crypto.py, MIT): about 4 ms a value. */
const PEPPER = createHash('sha256').update('GitGuardian').digest();
const COST = { N: 2048, r: 8, p: 1 } as const;
const LENGTH = 32;

const derive = promisify<string, Buffer, number, typeof COST, Buffer>(scrypt);

/** The hash by which GitGuardian speaks of a value. */
export async function hmslHash(value: string): Promise<string> {
  return (await derive(value, PEPPER, LENGTH, COST)).toString('hex');
}

/** Finds the version that a hash is of. */
export interface HmslIndex {
  find(hash: string): Promise<SecretVersion | undefined>;
}

/**
 * Forms the hashes when one is asked for, of versions that can be used still, and keeps them in memory only: under a public pepper the hash of a
 * weak password is as good as the password.
 */
export function createHmslIndex(inventory: Inventory, secrets: SecretStore): HmslIndex {
  const versions = new Map<string, string>();
  const hashed = new Set<string>();
  return {
    async find(hash) {
      for (const { id } of await inventory.credentials()) {
        for (const version of await inventory.versions(id)) {
          const key = `${id}/${version.version}`;
          if (hashed.has(key) || (version.state !== 'live' && version.state !== 'quarantined')) continue;
          const value = await secrets.get(version.secret).then(valueOf, () => undefined);
          if (value === undefined) continue;
          versions.set(await hmslHash(value), key);
          hashed.add(key);
        }
      }
      const [, credential = '', version = ''] = /^(.*)\/(\d+)$/.exec(versions.get(hash) ?? '') ?? [];
      return credential === '' ? undefined : inventory.version(credential, Number(version));
    },
  };
}
