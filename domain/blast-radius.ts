import type { Credential } from './credential';

/** What a leak of this credential puts at stake, as far as the inventory knows. */
export interface BlastRadius {
  /** Other credentials of the same principal at the same provider: whoever holds one may be able to do what the others can. */
  readonly samePrincipal: readonly string[];
  readonly scopes: readonly string[];
  readonly dependents: readonly { readonly id: string; readonly owner: string; readonly criticality: number }[];
  /** Other credentials of those dependents: a host that leaked one may have leaked these too. */
  readonly sameDependents: readonly string[];
}

/** Other credentials of its principal at the same provider and account. */
export function siblingsOf(credential: Credential, all: readonly Credential[]): readonly Credential[] {
  return all.filter(
    ({ id, provider, account, principal }) =>
      id !== credential.id &&
      provider === credential.provider &&
      account === credential.account &&
      principal === credential.principal,
  );
}

export function blastRadius(credential: Credential, all: readonly Credential[]): BlastRadius {
  const others = all.filter(({ id }) => id !== credential.id);
  const users = new Set(credential.dependents.map(({ id }) => id));
  return {
    samePrincipal: siblingsOf(credential, all).map(({ id }) => id),
    scopes: credential.scopes,
    dependents: [...credential.dependents]
      .sort((a, b) => a.criticality - b.criticality)
      .map(({ id, owner, criticality }) => ({ id, owner, criticality })),
    sameDependents: others.filter(({ dependents }) => dependents.some(({ id }) => users.has(id))).map(({ id }) => id),
  };
}
