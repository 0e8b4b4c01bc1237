import type { Credential, DependentRecord } from './credential';
import { compileContexts } from './known-context';
import type { Place } from './use-by-place';

/** An address that uses a credential, and that the inventory does not explain. */
export interface UnknownPlace extends Place {
  /** Who that is, where another credential's inventory says who lives there. */
  readonly resident?: DependentRecord;
  /** Of which credential it is the dependent. */
  readonly knownBy?: string;
}

/** What use says of a credential beside what is registered: for a person to judge, since a thief's use looks like any other. */
export interface Inferred {
  readonly credential: Credential;
  readonly uses: number;
  /** Uses that registered contexts explain. */
  readonly explained: number;
  readonly unknown: readonly UnknownPlace[];
  /** Uses from places that were seen too seldom to be proposed. */
  readonly seldom: number;
  /** Whose services use it most, where that is another team than the one that is registered. */
  readonly usedMostlyBy?: { readonly team: string; readonly share: number };
}

export interface Seen {
  readonly credential: Credential;
  readonly places: readonly Place[];
}

/** A team that most of the use is of is perhaps its owner. */
const MOSTLY = 0.8;

/** Who uses each credential, told by what the whole inventory knows of the addresses. `atLeast`: uses, below which a place is not named. */
export function inferUsers(seen: readonly Seen[], inventory: readonly Credential[], atLeast: number): Inferred[] {
  const residents = residentsOf(inventory);
  return seen.map(({ credential, places }) => {
    const isKnown = compileContexts(credential.knownContexts);
    const unknown = places.filter(({ address }) => isKnown(address) === undefined);
    const named = unknown.filter(({ uses }) => uses >= atLeast);
    const [uses, strange] = [sumOf(places), sumOf(unknown)];
    const mostly = ownerOf(places, credential, residents);
    return {
      credential,
      uses,
      explained: uses - strange,
      unknown: named.map((place) => ({ ...place, ...residents(place.address, credential) })),
      seldom: strange - sumOf(named),
      ...(mostly && mostly.team !== credential.ownerTeam && mostly.share >= MOSTLY ? { usedMostlyBy: mostly } : {}),
    };
  });
}

type Resident = Pick<UnknownPlace, 'resident' | 'knownBy'>;

/** Who lives at an address, as any credential's inventory says; its own counts first. */
function residentsOf(inventory: readonly Credential[]): (address: string, own: Credential) => Resident {
  const all = inventory.map((credential) => ({ credential, match: compileContexts(credential.knownContexts) }));
  const byId = new Map(all.map((one) => [one.credential.id, one]));
  return (address, own) => {
    for (const one of [byId.get(own.id), ...all]) {
      const id = one?.match(address)?.dependent;
      const resident = one?.credential.dependents.find((dependent) => dependent.id === id);
      if (one && resident) return { resident, knownBy: one.credential.id };
    }
    return {};
  };
}

function ownerOf(
  places: readonly Place[],
  credential: Credential,
  residents: (address: string, own: Credential) => Resident,
): Inferred['usedMostlyBy'] {
  const byTeam = new Map<string, number>();
  for (const { address, uses } of places) {
    const team = residents(address, credential).resident?.owner;
    if (team !== undefined) byTeam.set(team, (byTeam.get(team) ?? 0) + uses);
  }
  const [most] = [...byTeam].sort(([, a], [, b]) => b - a);
  const total = sumOf(places);
  return most && total > 0 ? { team: most[0], share: most[1] / total } : undefined;
}

function sumOf(places: readonly Place[]): number {
  return places.reduce((sum, { uses }) => sum + uses, 0);
}
