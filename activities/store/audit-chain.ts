import { createHmac } from 'node:crypto';
import type { AuditEvent } from '../../domain/ports/stores';

/** One line of the audit log: each hash covers the one before it, so nothing can be changed, taken out or moved unseen. */
export interface AuditEntry {
  readonly seq: number;
  /** ISO 8601, UTC. */
  readonly at: string;
  readonly event: AuditEvent;
  readonly previousHash: string;
  readonly hash: string;
}

export const FIRST_PREVIOUS_HASH = '0'.repeat(64);

/** HMAC-SHA-256 with a key PostgreSQL does not hold: who can write the table still can't forge the chain. */
export function hashEntry(key: Buffer, entry: Omit<AuditEntry, 'hash'>): string {
  const content = canonicalJson([entry.seq, entry.at, entry.event, entry.previousHash]);
  return createHmac('sha256', key).update(content).digest('hex');
}

export type ChainCheck =
  | { readonly ok: true; readonly entries: number; readonly head: string }
  | { readonly ok: false; readonly entries: number; readonly brokenAt: number; readonly reason: string };

/** Follows the chain from its first entry. A cut-off tail is invisible to the chain itself: compare `head` with a checkpoint. */
export class ChainVerifier {
  #previousHash = FIRST_PREVIOUS_HASH;
  #seq = 0;
  #fault: { brokenAt: number; reason: string } | undefined;

  constructor(private readonly key: Buffer) {}

  add(entry: AuditEntry): void {
    if (this.#fault) return;
    const expectedSeq = this.#seq + 1;
    if (entry.seq !== expectedSeq)
      this.#fault = { brokenAt: expectedSeq, reason: 'an entry is missing or out of order' };
    else if (entry.previousHash !== this.#previousHash)
      this.#fault = { brokenAt: entry.seq, reason: 'does not follow the entry before it' };
    else if (entry.hash !== hashEntry(this.key, entry))
      this.#fault = { brokenAt: entry.seq, reason: 'its content was changed' };
    this.#previousHash = entry.hash;
    this.#seq = entry.seq;
  }

  result(): ChainCheck {
    return this.#fault
      ? { ok: false, entries: this.#seq, ...this.#fault }
      : { ok: true, entries: this.#seq, head: this.#previousHash };
  }
}

/** JSON with sorted keys: PostgreSQL's jsonb keeps no order, so the hash must not depend on it. */
function canonicalJson(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(canonicalJson).join(',')}]`;
  if (value !== null && typeof value === 'object') {
    const pairs = Object.entries(value)
      .filter(([, item]) => item !== undefined)
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([name, item]) => `${JSON.stringify(name)}:${canonicalJson(item)}`);
    return `{${pairs.join(',')}}`;
  }
  return JSON.stringify(value);
}
