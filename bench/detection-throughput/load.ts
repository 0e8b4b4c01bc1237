import { textOfBytes } from '../../domain/text-of-bytes';
import { publicIdSubject, type Subject } from '../../domain/subject';
import type { PartitionEvent, UsageEvent } from '../../domain/usage-event';
import { MAX_BATCH } from '../../workers/sources/partition-lane';

/** Events of a message: as many as our own publisher puts into one, which is what a gateway, an intake and the API send by. */
export const BATCH = MAX_BATCH;

/** Used in turn. */
export const CREDENTIALS = 10_000;

const ENDPOINTS = 8;
const START = Date.UTC(2026, 0, 6, 12);

/**
 * Ordinary life of services, each with its agent and two addresses of one network, in turn, so that no credential's state is still in the
 * processor's cache when it comes up again. `n` counts events over all credentials; a credential is used once a minute.
 */
export function ordinaryUse(n: number, credentials: number, at = timeOf(n, credentials)): UsageEvent {
  const [credential, round] = [n % credentials, Math.floor(n / credentials)];
  const network = `100.${64 + (credential >> 14)}.${(credential >> 6) & 255}`;
  const endpoint = (credential + round) % ENDPOINTS;
  return {
    kind: 'usage',
    id: `gateway:bench-${n}`,
    at,
    subject: subjectOf(credential),
    source: 'gateway',
    principalKind: 'workload',
    client: { address: `${network}.${2 * (credential & 63) + (round % 2)}`, agent: `service-${credential % 50}/1.4.2` },
    action: { kind: endpoint === 0 ? 'write' : 'read', name: `GET /v1/things-${endpoint}/*` },
    outcome: 'accepted',
    bytes: 2_000 + ((n * 7919) % 1_000),
  };
}

/** So many of them from the `first` on. */
export function batchOf(first: number, count: number, credentials: number): readonly UsageEvent[] {
  return Array.from({ length: count }, (_, index) => ordinaryUse(first + index, credentials));
}

/** A honeytoken, and its use: what is decided at once, and new each time. */
export function tripwire(mark: string, at: number): readonly PartitionEvent[] {
  const subject = publicIdSubject('bench', `honeytoken-${mark}`);
  const use = { ...ordinaryUse(0, 1, at), id: `gateway:bench-use-${mark}`, subject };
  return [{ kind: 'control', id: `bench-control-${mark}`, at: at - 1, subject, listed: 'honeytoken' }, use];
}

function subjectOf(credential: number): Subject {
  return publicIdSubject('bench', `credential-${credential}`);
}

function timeOf(n: number, credentials: number): number {
  return START + Math.floor((n / credentials) * 60_000);
}

/** Of a message no more is read than the floor needs. */
export function parse(data: Uint8Array): { readonly events: readonly { readonly id: string }[] } {
  return JSON.parse(textOfBytes(data)) as { events: { id: string }[] };
}
