import type { UsageEvent } from '../../domain/usage-event';
import { publicIdSubject, type Subject } from '../../domain/subject';
import type { Place } from '../../detectors/located-event';
import { seededChance } from '../../drills/chaos/chance';

export const [MINUTE_MS, HOUR_MS, DAY_MS] = [60_000, 3_600_000, 86_400_000];

/** A Monday, 00:00. */
export const FIRST_DAY = Date.UTC(2026, 0, 5);

export interface MadeUpUse {
  readonly address: string;
  readonly agent: string;
  /** Of the action: `s3:GetObject`, `GET /orders/*`. */
  readonly name: string;
  readonly kind?: UsageEvent['action']['kind'];
  readonly outcome?: UsageEvent['outcome'];
  readonly bytes?: number;
  readonly person?: boolean;
  /** Name of the short-lived credential that is used, which was issued to this world's. */
  readonly session?: string | undefined;
}

/** Where one credential lives: addresses that stand somewhere, and chance that is the same for the same seed. */
export class World {
  readonly subject: Subject;
  readonly #next: () => number;
  readonly #places = new Map<string, Place>();
  #uses = 0;

  constructor(seed: number) {
    const chance = seededChance(seed);
    this.#next = () => chance.next();
    this.subject = publicIdSubject('made-up', `credential-${seed}`);
  }

  readonly locate = ({ client }: UsageEvent): Place => this.#places.get(client.address) ?? { network: '', country: '' };

  /** From `from` until before `until`, evenly. */
  between(from: number, until: number): number {
    return from + this.#next() * (until - from);
  }

  whole(from: number, until: number): number {
    return Math.floor(this.between(from, until));
  }

  happens(share: number): boolean {
    return this.#next() < share;
  }

  /** One of them; those at the front are taken more often, as few endpoints make most of the use. */
  mostly<T>(ofThem: readonly T[]): T {
    return this.#at(ofThem, this.#next() ** 2);
  }

  any<T>(ofThem: readonly T[]): T {
    return this.#at(ofThem, this.#next());
  }

  /** Log-normal around `usual`: most are near it, a few are ten times as much. */
  size(usual: number): number {
    const normal = Math.sqrt(-2 * Math.log(1 - this.#next())) * Math.cos(2 * Math.PI * this.#next());
    return Math.round(usual * Math.exp(0.8 * normal));
  }

  /** Addresses, each in a network of its own. */
  networks(count: number, asn: number, country: string): readonly string[] {
    return Array.from({ length: count }, () => {
      const number = this.#places.size + 1;
      const network = `${20 + (number >> 16)}.${(number >> 8) & 255}.${number & 255}`;
      this.#places.set(`${network}.7`, { network: `${network}.0/24`, country, asn });
      return `${network}.7`;
    });
  }

  network(asn: number, country: string): string {
    return this.any(this.networks(1, asn, country));
  }

  /** Times within a day, at random within each hour, of which `perHour` says how busy it is. */
  times(day: number, perHour: (hour: number) => number): readonly number[] {
    return Array.from({ length: 24 }, (_, hour) => {
      const usual = perHour(hour);
      const count = Math.max(0, Math.round(usual + Math.sqrt(usual) * this.between(-1.7, 1.7)));
      return Array.from({ length: count }, () => day * DAY_MS + hour * HOUR_MS + this.between(0, HOUR_MS));
    }).flat();
  }

  /** `at`: milliseconds since the first day began. */
  use(at: number, use: MadeUpUse): UsageEvent {
    const { address, agent, name, kind = 'read', outcome = 'accepted', bytes, person, session } = use;
    this.#uses += 1;
    return {
      kind: 'usage',
      id: `made-up:${this.#uses}`,
      at: FIRST_DAY + Math.floor(at),
      ...(session === undefined
        ? { subject: this.subject }
        : { subject: publicIdSubject('made-up', session), principal: this.subject }),
      source: 'made-up',
      principalKind: person ? 'person' : 'unknown',
      client: { address, agent },
      action: { kind, name },
      outcome,
      ...(bytes === undefined ? {} : { bytes }),
    };
  }

  #at<T>(ofThem: readonly T[], share: number): T {
    const one = ofThem[Math.floor(share * ofThem.length)];
    if (one === undefined) throw new Error('there is none to take one of');
    return one;
  }
}

export function isWeekend(day: number): boolean {
  return day % 7 > 4;
}

/** Uses an hour of what people do in the daytime: `most` at noon, a sixth of it at night. */
export function daytime(most: number): (hour: number) => number {
  return (hour) => most * (0.58 + 0.42 * Math.cos(((hour - 13) / 12) * Math.PI));
}

/** Uses an hour from nine to six, and none else. */
export function office(most: number): (hour: number) => number {
  return (hour) => (hour >= 9 && hour < 18 ? most : 0);
}
