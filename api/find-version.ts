import type { SecretVersion } from '../domain/credential';
import type { Inventory } from '../domain/ports/stores';
import type { Subject } from '../domain/subject';

/** The version that one of these subjects is of; undefined when none is one of ours. */
export async function findVersion(
  inventory: Pick<Inventory, 'findBySubject'>,
  subjects: readonly Subject[],
): Promise<SecretVersion | undefined> {
  for (const subject of subjects) {
    const version = await inventory.findBySubject(subject);
    if (version) return version;
  }
  return undefined;
}
