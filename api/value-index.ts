import { IncidentError } from '../domain/errors';
import type { SecretVersion, VersionState } from '../domain/credential';
import type { Inventory, SecretStore } from '../domain/ports/stores';
import { valueOf } from '../domain/secret-material';

/** Finds the versions whose value has a hash: two roles may have the same password. */
export interface ValueIndex {
  /** Those that can be used still. @throws IncidentError BACKEND_UNAVAILABLE when none is known to have it, and not all values could be read */
  find(hash: string): Promise<readonly SecretVersion[]>;
}

interface IndexParts {
  readonly inventory: Pick<Inventory, 'credentials' | 'versions' | 'version'>;
  readonly secrets: Pick<SecretStore, 'get'>;
  readonly hashOf: (value: string) => Promise<string> | string;
}

/** What has been looked through so lately is not looked through again: a flood of reports of others' values must cost little. */
const FRESH_FOR_MS = 2_000;

/** Forms the hashes when one is asked for, of versions that can be used still, and keeps them in memory only. */
export function createValueIndex({ inventory, secrets, hashOf }: IndexParts): ValueIndex {
  const versions = new Map<string, (readonly [credentialId: string, version: number])[]>();
  const hashed = new Set<string>();
  let looking: Promise<boolean> | undefined;
  let lookedAt = -Infinity;

  /** Whether every value could be read. */
  async function look(): Promise<boolean> {
    let isWhole = true;
    for (const { id } of await inventory.credentials()) {
      for (const { version, state, secret } of await inventory.versions(id)) {
        const key = `${id}/${version}`;
        if (hashed.has(key) || !isUsable(state)) continue;
        const text = await secrets.get(secret).catch((error: unknown) => {
          // One that is not there never was; what can't be read may be the very one.
          if (!(error instanceof IncidentError && error.code === 'SECRET_NOT_FOUND')) isWhole = false;
          return undefined;
        });
        if (text === undefined) continue;
        const value = valueOf(text);
        if (value !== undefined) {
          const hash = await hashOf(value);
          versions.set(hash, [...(versions.get(hash) ?? []), [id, version]]);
        }
        hashed.add(key);
      }
    }
    return isWhole;
  }

  /** One look at a time, for all who ask meanwhile. */
  async function refresh(): Promise<boolean> {
    if (looking) return looking;
    if (performance.now() - lookedAt < FRESH_FOR_MS) return true;
    looking = look();
    try {
      const isWhole = await looking;
      if (isWhole) lookedAt = performance.now();
      return isWhole;
    } finally {
      looking = undefined;
    }
  }

  return {
    async find(hash) {
      const isWhole = await refresh();
      const named = versions.get(hash) ?? [];
      const found = await Promise.all(named.map(([id, version]) => inventory.version(id, version)));
      const usable = found.filter(({ state }) => isUsable(state));
      if (usable.length === 0 && !isWhole)
        throw new IncidentError('BACKEND_UNAVAILABLE', { backend: 'the secret store' });
      return usable;
    },
  };
}

function isUsable(state: VersionState): boolean {
  return state === 'live' || state === 'quarantined';
}
