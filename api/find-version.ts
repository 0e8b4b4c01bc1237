import type { SecretVersion } from '../domain/credential';
import type { Inventory } from '../domain/ports/stores';
import type { Subject } from '../domain/subject';
import type { ValueIndex } from './value-index';

/** The version that one of these subjects is of; undefined when none is one of ours. */
export type FindVersion = (subjects: readonly Subject[]) => Promise<SecretVersion | undefined>;

/**
 * Looks in the inventory, and then among the values: a role's password or an access key's secret is no subject there, since records of its use name only the role or the key.
 * `byValue`: by fingerprint.
 */
export function createFindVersion(inventory: Pick<Inventory, 'findBySubject'>, byValue: ValueIndex): FindVersion {
  return async (subjects) => {
    for (const subject of subjects) {
      const version = await inventory.findBySubject(subject);
      if (version) return version;
    }
    for (const subject of subjects) {
      const version = subject.startsWith('fp:') ? await byValue.find(subject) : undefined;
      if (version) return version;
    }
    return undefined;
  };
}
