import type { VersionState } from './credential';

/** A version's life has one direction. A replacement that was discarded may still be revoked; nothing leads back from there. */
const ORDER = { pending: 0, live: 1, quarantined: 2, discarded: 3, revoked: 4 } as const satisfies Record<
  VersionState,
  number
>;

/** A state, and how often the version's quarantine had been lifted by then; absent is never. */
export interface ReachedState {
  readonly state: VersionState;
  readonly releases?: number | undefined;
}

/** The one of two that was reached later: what is revoked stays so; else a person's lift is the only way back, and it is counted. */
export function laterReached(a: ReachedState, b: ReachedState): ReachedState {
  const [releasesOfA, releasesOfB] = [a.releases ?? 0, b.releases ?? 0];
  const isFinal = a.state === 'revoked' || b.state === 'revoked';
  if (!isFinal && releasesOfA !== releasesOfB) return releasesOfA > releasesOfB ? a : b;
  return laterState(a.state, b.state) === a.state ? a : b;
}

/** The one of two states that was reached later in a version's life. */
export function laterState(a: VersionState, b: VersionState): VersionState {
  return ORDER[a] >= ORDER[b] ? a : b;
}

/** The newest of a credential's versions that lives. `versions` are in order, the oldest first. */
export function newestLive<V extends { readonly state: VersionState }>(versions: readonly V[]): V | undefined {
  return versions.findLast(({ state }) => state === 'live');
}
