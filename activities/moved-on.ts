import type { DependentRecord, SecretVersion } from '../domain/credential';
import type { DependentAdapter } from '../domain/ports/dependent';
import type { CallContext } from '../domain/ports/effect';
import type { ActivityDeps } from './deps';

/**
 * The version that a dependent works on, where that is a live one later than `target`. A replacement may leak while a rotation still moves dependents to it;
 * whoever the second incident has moved on must not be pulled back by the first. Undefined also where the dependent can't say.
 */
export async function laterVersionInUse(
  deps: ActivityDeps,
  adapter: DependentAdapter,
  dependent: DependentRecord,
  target: SecretVersion,
  context: CallContext,
): Promise<SecretVersion | undefined> {
  const status = await adapter.status(dependent, target, context).catch(() => undefined);
  if (!status?.healthy || status.using === 'unknown' || status.using <= target.version) return undefined;
  const { using } = status;
  const versions = await deps.inventory.versions(target.credentialId);
  return versions.find(({ version, state }) => version === using && state === 'live');
}

/** The same, where a version between the two was refused: an undo goes back from its own replacement, and from no other. */
export async function movedOnByAnother(
  deps: ActivityDeps,
  adapter: DependentAdapter,
  dependent: DependentRecord,
  target: SecretVersion,
  context: CallContext,
): Promise<SecretVersion | undefined> {
  const later = await laterVersionInUse(deps, adapter, dependent, target, context);
  if (!later) return undefined;
  const versions = await deps.inventory.versions(target.credentialId);
  const isBetween = ({ version }: SecretVersion): boolean => version > target.version && version < later.version;
  const wasRefused = ({ state }: SecretVersion): boolean => state === 'quarantined' || state === 'revoked';
  return versions.some((one) => isBetween(one) && wasRefused(one)) ? later : undefined;
}
