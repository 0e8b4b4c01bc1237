import { publicIdSubject, type Subject } from '../domain/subject';
import type { BreachEvent, ControlEvent, UsageEvent } from '../domain/usage-event';
import type { Place } from './located-event';

/** Ready-made lives for the samples of detectors: no addresses, agents or tokens of anyone. */
export const SAMPLE_SUBJECT: Subject = publicIdSubject('sample', 'credential');

/** A Tuesday noon. */
export const SAMPLE_START = Date.UTC(2026, 0, 6, 12);

/** Addresses of the documentation ranges, given places by hand. */
export const SAMPLE_PLACES: Readonly<Record<string, Place>> = {
  '192.0.2.10': { network: '192.0.2.0/24', country: 'DE' },
  '192.0.2.11': { network: '192.0.2.0/24', country: 'DE' },
  '198.51.100.20': { network: '198.51.100.0/24', country: 'BR' },
  '203.0.113.30': { network: '203.0.113.0/24', country: 'AT' },
};

export interface SampleUse {
  readonly afterMs: number;
  readonly address?: string;
  readonly agent?: string;
  readonly action?: UsageEvent['action']['kind'];
  readonly outcome?: UsageEvent['outcome'];
  readonly principalKind?: UsageEvent['principalKind'];
  readonly subject?: Subject;
  readonly probe?: string;
  /** Tells apart uses that are alike otherwise. */
  readonly mark?: string;
}

/** One use; what is not said is what the sample's healthy service does. */
export function sampleUse(use: SampleUse): UsageEvent {
  const { afterMs, address = '192.0.2.10', agent = 'orders-api/1.0', mark = '' } = use;
  return {
    kind: 'usage',
    id: `use-${afterMs}-${address}-${agent}-${mark}`,
    at: SAMPLE_START + afterMs,
    subject: use.subject ?? SAMPLE_SUBJECT,
    source: 'sample',
    principalKind: use.principalKind ?? 'workload',
    client: { address, agent },
    action: { kind: use.action ?? 'read', name: 'GET /orders' },
    outcome: use.outcome ?? 'accepted',
    ...(use.probe === undefined ? {} : { probe: use.probe }),
  };
}

/** The healthy service's uses, evenly spaced. */
export function steadyLife(options: { count: number; everyMs: number } & Partial<SampleUse>): UsageEvent[] {
  const { count, everyMs, afterMs = 0, ...use } = options;
  return Array.from({ length: count }, (_, index) => sampleUse({ ...use, afterMs: afterMs + index * everyMs }));
}

export function sampleControl(afterMs: number, listed: ControlEvent['listed']): ControlEvent {
  return {
    kind: 'control',
    id: `control-${afterMs}-${listed}`,
    at: SAMPLE_START + afterMs,
    subject: SAMPLE_SUBJECT,
    listed,
  };
}

/** What a gateway says of one use, just before it. */
export function sampleBreach(use: UsageEvent, what: BreachEvent['what'], detail: string): BreachEvent {
  const { id, at, subject } = use;
  return { kind: 'breach', id: `breach-${id}`, at, subject, use: id, context: 'office', what, detail };
}

/** `count` addresses, each in a network of its own, in turn in the given countries. */
export function manyPlaces(count: number, countries: readonly string[]): Record<string, Place> {
  const places = Array.from({ length: count }, (_, index) => {
    const network = `100.${64 + Math.floor(index / 250)}.${index % 250}`;
    return [
      `${network}.7`,
      { network: `${network}.0/24`, country: countries[index % countries.length] ?? '' },
    ] as const;
  });
  return Object.fromEntries(places);
}
