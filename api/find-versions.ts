import type { SecretVersion } from '../domain/credential';
import type { Inventory } from '../domain/ports/stores';
import type { Subject } from '../domain/subject';
import type { ValueIndex } from './value-index';

/** Versions of ours that what was found is of. */
export interface Found {
  readonly versions: readonly SecretVersion[];
  /** Somebody gave a value, and only an id that stands beside it is ours: ids are no secrets. */
  readonly byIdOnly: boolean;
}

export type FindVersions = (subjects: readonly Subject[]) => Promise<Found>;

/**
 * Looks in the inventory, and then among the values: a role's password or an access key's secret is no subject there, since records of its use name only the role or the key.
 * `byValue`: by fingerprint. The function throws what the index throws, when nothing was found without it. `parentOf`: of a token that was derived, what
 * it was derived from, which is the one that can be answered.
 */
export function createFindVersions(
  inventory: Pick<Inventory, 'findBySubject'>,
  byValue: ValueIndex,
  parentOf: (subjects: readonly Subject[]) => Promise<readonly Subject[]>,
): FindVersions {
  return async (subjects) => {
    const values = subjects.filter((subject) => subject.startsWith('fp:'));
    const ids = subjects.filter((subject) => !values.includes(subject));
    const known = (await firstOf(inventory, values)) ?? (await firstOf(inventory, await parentOf(values)));
    if (known) return { versions: [known], byIdOnly: false };
    const failures: unknown[] = [];
    for (const value of values) {
      const versions = await byValue.find(value).catch((error: unknown) => void failures.push(error));
      if (versions && versions.length > 0) return { versions, byIdOnly: false };
    }
    const named = await firstOf(inventory, ids);
    if (named) return { versions: [named], byIdOnly: values.length > 0 };
    if (failures.length > 0) throw failures[0];
    return { versions: [], byIdOnly: false };
  };
}

/** The first that one of these subjects is of. */
export async function firstOf(
  inventory: Pick<Inventory, 'findBySubject'>,
  subjects: readonly Subject[],
): Promise<SecretVersion | undefined> {
  for (const subject of subjects) {
    const version = await inventory.findBySubject(subject);
    if (version) return version;
  }
  return undefined;
}
