import type { VersionState } from './credential';

/** A version's life has one direction. A replacement that was discarded may still be revoked; nothing leads back from there. */
const ORDER = { pending: 0, live: 1, quarantined: 2, discarded: 3, revoked: 4 } as const satisfies Record<
  VersionState,
  number
>;

/** The one of two states that was reached later in a version's life. */
export function laterState(a: VersionState, b: VersionState): VersionState {
  return ORDER[a] >= ORDER[b] ? a : b;
}
