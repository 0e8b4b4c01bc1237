import type { DependentRecord, SecretVersion } from '../domain/credential';
import type { DependentAdapter } from '../domain/ports/dependent';
import type { CallContext } from '../domain/ports/effect';
import type { ActivityDeps } from './deps';

/** A live version later than the one a step is about, on which a dependent works. */
export interface LaterUse {
  readonly version: number;
  /** A version between the two was refused, so another incident may have moved it on: an undo goes back from its own replacement, and from no other. */
  readonly isOfAnother: boolean;
  /** It is being changed to that one, and does not work on it yet. */
  readonly isUnderWay?: true;
}

/**
 * Whether a dependent works on a version later than `target`. A replacement may leak while a rotation still moves dependents to it; whoever the second
 * incident has moved on must not be pulled back by the first. Undefined also where the dependent can't say.
 */
export async function laterUse(
  deps: ActivityDeps,
  adapter: DependentAdapter,
  dependent: DependentRecord,
  target: SecretVersion,
  context: CallContext,
): Promise<LaterUse | undefined> {
  const status = await adapter.status(dependent, target, context).catch(() => undefined);
  const isUnderWay = status?.using === 'several' && status.towards !== undefined;
  const using = isUnderWay ? status.towards : status?.healthy ? status.using : undefined;
  if (typeof using !== 'number' || using <= target.version) return undefined;
  const versions = await deps.inventory.versions(target.credentialId);
  if (!versions.some(({ version, state }) => version === using && state === 'live')) return undefined;
  const between = versions.filter(({ version }) => version > target.version && version < using);
  const isOfAnother = between.some(({ state }) => state === 'quarantined' || state === 'revoked');
  return { version: using, isOfAnother, ...(isUnderWay ? { isUnderWay } : {}) };
}
