import { cloudSystem } from './clouds';
import { valuesOf, WIDE_VALUES } from './known-values';
import { markOf } from './marks';
import { NO_IDS } from './recent-ids';
import type { RowValues } from './rows';
import type { StoredSubject } from './stored-state';

/** Detectors' states as snapshots held them until 2026-11-30: an object each, with names in place of marks. */
interface States {
  readonly 'new-origin': Readonly<Record<'agents' | 'networks' | 'countries', OldValues>> & {
    readonly systems?: OldValues;
    readonly usesSinceNews: number;
  };
  readonly 'impossible-travel': { readonly places: readonly (readonly [country: string, lastAt: number])[] };
  readonly 'many-networks': {
    readonly seen: readonly {
      readonly network: string;
      readonly country: string;
      readonly asn?: number;
      readonly firstAt: number;
      readonly lastAt: number;
      readonly usual: boolean;
    }[];
    readonly usual: number;
  };
  readonly 'workload-misuse': { readonly agents: OldValues };
  readonly 'outside-cloud': { readonly places: OldValues; readonly uses: number; readonly since: number };
  readonly 'rate-spike': { readonly short: OldNumbers; readonly long: OldNumbers };
  readonly 'rule-match': { readonly habits: OldValues };
  readonly 'privilege-probing': { readonly usual: number };
  readonly 'new-actions': {
    readonly known: OldValues;
    readonly networks: OldValues;
  };
  readonly 'endpoint-spike': { readonly windows: readonly (readonly [endpoint: string, window: OldNumbers])[] };
  readonly 'dormant-awake': { readonly lastAt: number };
  readonly exfiltration: OldNumbers;
  readonly 'threat-intel': { readonly habits: OldValues };
  readonly 'rate-ramp': OldNumbers;
  readonly 'off-hours': OldNumbers & { readonly hours: string };
  readonly 'sequence-rarity': { readonly order: object | null };
  readonly 'service-tail': {
    readonly tails: readonly (OldNumbers & { readonly service: string; readonly histogram: readonly number[] })[];
  };
  readonly 'endpoint-ramp': { readonly ramps: readonly (OldNumbers & { readonly endpoint: string })[] };
}

interface OldValues {
  readonly known: readonly (readonly [value: string, lastDay: number])[];
  readonly pending: readonly (readonly [value: string, days: number, lastDay: number])[];
  readonly wide: boolean;
}

type OldNumbers = Readonly<Record<string, unknown>>;

const WINDOW = ['start', 'count', 'clean', 'mean', 'variance', 'buckets'];
const RAMP = ['quarter', 'uses', 'clean', 'high', 'most', 'quarters', 'usual', 'days'];
const MINUTE_MS = 60_000;

const ROWS: { readonly [Id in keyof States]: (state: States[Id], seed: number) => RowValues } = {
  'new-origin': ({ agents, networks, systems, countries, usesSinceNews }) => ({
    agents: values(agents),
    networks: values(networks),
    ...(systems ? { systems: values(systems, systemOf) } : {}),
    countries: values(countries),
    usesSinceNews: [usesSinceNews],
  }),
  'impossible-travel': ({ places }) => ({
    places: places.flatMap(([country, lastAt]) => [parseInt(country, 36), lastAt]),
  }),
  'many-networks': ({ seen, usual }) => ({
    seen: seen.flatMap((one) => [
      markOf(one.network),
      markOf(one.country),
      one.asn ?? 0,
      one.firstAt,
      one.lastAt,
      one.usual ? 1 : 0,
    ]),
    usual: [usual],
  }),
  'workload-misuse': ({ agents }) => ({ agents: values(agents) }),
  'outside-cloud': ({ places, uses, since }) => {
    const place = places.known[0]?.[0] ?? '';
    return { places: values(places), life: [systemOf(place) || cloudSystem(place), uses, since] };
  },
  'rate-spike': ({ short, long }) => ({ windows: [...numbers(short, WINDOW), ...numbers(long, WINDOW)] }),
  // Of bursts, refusals and new actions the last minutes are forgotten.
  'rule-match': ({ habits }) => ({ habits: values(habits) }),
  'privilege-probing': ({ usual }) => ({ refusals: [0, 0, usual] }),
  'new-actions': ({ known, networks }, seed) => ({
    known: values(known, (name) => markOf(name, seed)),
    networks: values(networks),
  }),
  'endpoint-spike': ({ windows }, seed) => ({
    marks: windows.map(([endpoint]) => markOf(endpoint, seed)),
    windows: windows.flatMap(([, window]) => numbers(window, WINDOW)),
  }),
  'dormant-awake': ({ lastAt }) => ({ lastAt: [lastAt] }),
  exfiltration: (volume) => ({ volume: numbers(volume, ['start', 'bytes', 'clean', 'most', 'windows']) }),
  'threat-intel': ({ habits }) => ({ habits: values(habits) }),
  'rate-ramp': (ramp) => ({ ramp: numbers(ramp, RAMP) }),
  'off-hours': ({ hours, ...slots }) => ({
    slots: numbers(slots, ['slot', 'uses', 'clean', 'since', 'kept', 'new']),
    hours: hoursOf(hours),
  }),
  // Of actions it kept hashes, of which no marks can be made: it learns their order anew, unless there were too many.
  'sequence-rarity': ({ order }) => (order === null ? { order: [] } : {}),
  'service-tail': ({ tails }, seed) =>
    Object.fromEntries(tails.map((tail, index) => ['abcdef'.charAt(index), tailOf(tail, seed)])),
  'endpoint-ramp': ({ ramps }, seed) => ({
    marks: ramps.map(({ endpoint }) => markOf(endpoint, seed)),
    ramps: ramps.flatMap((ramp) => numbers(ramp, RAMP)),
  }),
};

/**
 * A subject whose snapshot is of schema 1, so that an upgrade makes nobody forget what is usual, but in what order actions come. What can't be read begins anew. To be deleted once no
 * deployment has a snapshot, or an idle subject (400 days), of that time.
 */
export function subjectFromSchema1({ recent, nextRecent, ...subject }: StoredSubject, seed: number): StoredSubject {
  const ids = Object.keys(ROWS) as (keyof States)[];
  const rows = Object.fromEntries(ids.map((id) => [id, rowsOf(id, subject.detectors, seed)]));
  return { ...subject, detectors: { ...rows, 'recent-ids': idsOf(recent, nextRecent) } };
}

/** Room for as many as are remembered, of which there may be fewer. */
function idsOf(recent: unknown, next: unknown): RowValues {
  const known = Array.isArray(recent) ? recent.map(Number) : [];
  return { ids: NO_IDS.map((none, index) => known[index] ?? none), next: [Number(next) || 0] };
}

function rowsOf<Id extends keyof States>(id: Id, states: Readonly<Record<string, unknown>>, seed: number): RowValues {
  try {
    return ROWS[id](states[id] as States[Id], seed);
  } catch {
    return {};
  }
}

function values(
  { known, pending, wide }: OldValues,
  mark: (value: string) => number = (value) => markOf(value),
): readonly number[] {
  if (wide) return WIDE_VALUES;
  return valuesOf(
    known.map(([value, lastDay]) => [mark(value), lastDay]),
    pending.map(([value, days, lastDay]) => [mark(value), days, lastDay]),
  );
}

/** 16509 of `AS16509`; 0 of anything else. */
function systemOf(place: string): number {
  return /^AS\d+$/.test(place) ? Number(place.slice(2)) : 0;
}

function numbers(fields: OldNumbers, names: readonly string[]): readonly number[] {
  return names.map((name) => Number(fields[name] ?? 0));
}

/** Two slots of two hours a hexadecimal digit before; fourteen a number now. */
function hoursOf(hours: string): readonly number[] {
  const weeks = (slot: number): number => (parseInt(hours.charAt(slot >> 1), 16) >> ((slot & 1) << 1)) & 3;
  return Array.from({ length: 6 }, (_, index) =>
    Array.from({ length: 14 }, (_slot, slot) => weeks(14 * index + slot) << (2 * slot)).reduce(
      (sum, bits) => sum + bits,
    ),
  );
}

function tailOf(tail: States['service-tail']['tails'][number], seed: number): readonly number[] {
  const minute = Math.floor(Number(tail['start']) / MINUTE_MS);
  const rest = numbers(tail, ['count', 'clean', 'minutes', 'level', 'peaks', 'sum', 'squares']);
  return [markOf(tail.service, seed), minute, ...rest, ...tail.histogram];
}
