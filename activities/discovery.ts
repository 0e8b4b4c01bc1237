import type { Credential } from '../domain/credential';
import { IncidentError } from '../domain/errors';
import type { FoundCredential } from '../domain/ports/credential-provider';
import { holdsOurValue } from '../domain/token-format';
import { atActivityEdge, callContext } from './activity-edge';
import type { ActivityDeps } from './deps';

export interface DiscoveryInput {
  readonly provider: string;
  readonly account: string;
}

/** What an account has issued, and how much of that the inventory knows. */
export interface Discovery {
  /** Not in the inventory; not more than a result has room for. */
  readonly found: readonly (FoundCredential & {
    /** The credential of the same principal in the inventory. */
    readonly registeredAs?: string;
  })[];
  readonly known: number;
  readonly leftOut: number;
}

/** As many as a result has room for, and a person reads. */
const MOST_FOUND = 1_000;
const LONGEST_NOTE = 100;

/** What others have issued and nobody has registered yet. */
export function createDiscoveryActivities(deps: ActivityDeps) {
  return atActivityEdge({
    /** Asks the system of an account; changes nothing. @throws IncidentError PROVIDER_UNKNOWN, also of a provider that can list nothing */
    async discoverCredentials({ provider: id, account }: DiscoveryInput): Promise<Discovery> {
      const provider = deps.providers.get(id);
      if (!provider?.discover) throw new IncidentError('PROVIDER_UNKNOWN', { provider: id, account, can: 'discover' });
      const all = await provider.discover(account, callContext(`discover/${id}/${account}`));
      const registered = (await deps.inventory.credentials()).filter(
        (one) => one.provider === id && one.account === account,
      );
      const known = new Set(await publicIdsOf(deps, registered));
      const unknown = all.filter(({ publicId }) => !known.has(publicId));
      return {
        found: unknown.slice(0, MOST_FOUND).map((one) => ({ ...withoutValues(one), ...registeredAs(one, registered) })),
        known: all.length - unknown.length,
        leftOut: Math.max(0, unknown.length - MOST_FOUND),
      };
    },
  });
}

export type DiscoveryActivities = ReturnType<typeof createDiscoveryActivities>;

async function publicIdsOf(deps: ActivityDeps, credentials: readonly Credential[]): Promise<readonly string[]> {
  const versions = await Promise.all(credentials.map(({ id }) => deps.inventory.versions(id)));
  return versions.flat().map(({ publicId }) => publicId);
}

function registeredAs(
  { principal }: FoundCredential,
  registered: readonly Credential[],
): { readonly registeredAs?: string } {
  const same = registered.find((one) => one.principal === principal);
  return same ? { registeredAs: same.id } : {};
}

/** People write anything into comments, tags and names of applications. */
function withoutValues({ notes, ownerTeam, usedFrom, ...found }: FoundCredential): FoundCredential {
  return {
    ...found,
    notes: notes.filter((note) => !holdsOurValue(note)).map((note) => note.slice(0, LONGEST_NOTE)),
    ...(ownerTeam !== undefined && !holdsOurValue(ownerTeam) ? { ownerTeam } : {}),
    ...(usedFrom ? { usedFrom: usedFrom.map((use) => (holdsOurValue(use.by) ? { ...use, by: '' } : use)) } : {}),
  };
}
