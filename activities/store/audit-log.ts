import type { KeyObject } from 'node:crypto';
import type { AuditEvent, AuditLog } from '../../domain/ports/stores';
import { ChainVerifier, FIRST_PREVIOUS_HASH, hashEntry, type ChainCheck, type AuditEntry } from './audit-chain';
import { checkCheckpoints, readCheckpoints, type CheckpointSink } from './audit-checkpoints';
import { inTransaction, type Database } from './database';

/** Any number that no other advisory lock of ours uses: one appender at a time, or the chain would fork. */
const APPEND_LOCK = 7_420_001;

export interface PostgresAuditLog extends AuditLog {
  /** Follows the whole chain, and holds it against the checkpoints where they are given. */
  verify(checkpoints?: { readonly file: string; readonly key: KeyObject }): Promise<ChainCheck>;
  /** Tells the sink how far the chain has come. */
  checkpoint(sink: CheckpointSink): Promise<void>;
  entriesOf(incidentId: string): Promise<readonly AuditEntry[]>;
}

export function createAuditLog(database: Database, key: Buffer): PostgresAuditLog {
  return {
    async append(event) {
      await inTransaction(database, async (client) => {
        await client.query('SELECT pg_advisory_xact_lock($1)', [APPEND_LOCK]);
        const known = await client.query('SELECT 1 FROM audit_entries WHERE step_key = $1 AND phase = $2', [
          event.stepKey,
          event.phase,
        ]);
        if (known.rowCount) return;
        const last = await client.query<{ seq: string; hash: string }>(
          'SELECT seq, hash FROM audit_entries ORDER BY seq DESC LIMIT 1',
        );
        const previous = last.rows[0];
        const entry = {
          seq: previous ? Number(previous.seq) + 1 : 1,
          at: new Date().toISOString(),
          event,
          previousHash: previous?.hash ?? FIRST_PREVIOUS_HASH,
        };
        await client.query(
          'INSERT INTO audit_entries (seq, at, step_key, phase, event, previous_hash, hash) VALUES ($1, $2, $3, $4, $5, $6, $7)',
          [
            entry.seq,
            entry.at,
            event.stepKey,
            event.phase,
            JSON.stringify(event),
            entry.previousHash,
            hashEntry(key, entry),
          ],
        );
      });
    },

    async verify(checkpoints) {
      // The log may be growing: a checkpoint read after the chain could be ahead of it, and look like a tail that was cut off.
      const written = checkpoints && (await readCheckpoints(checkpoints.file));
      const entries = await readEntries(database, 'TRUE', []);
      const verifier = new ChainVerifier(key);
      for (const entry of entries) verifier.add(entry);
      const chain = verifier.result();
      if (!chain.ok || !checkpoints) return chain;
      const check = checkCheckpoints(written, checkpoints.key, (seq) =>
        seq === 0 ? FIRST_PREVIOUS_HASH : entries[seq - 1]?.hash,
      );
      return check.ok ? chain : { ...check, entries: chain.entries };
    },

    async checkpoint(sink) {
      const last = await database.query<{ seq: string; hash: string }>(
        'SELECT seq, hash FROM audit_entries ORDER BY seq DESC LIMIT 1',
      );
      // An empty chain has one too: its file must be there from the first day.
      const head = last.rows[0] ?? { seq: '0', hash: FIRST_PREVIOUS_HASH };
      await sink.write(Number(head.seq), head.hash);
    },

    entriesOf(incidentId) {
      return readEntries(database, `event->>'incidentId' = $1`, [incidentId]);
    },
  };
}

interface AuditRow {
  seq: string;
  at: Date;
  event: AuditEvent;
  previous_hash: string;
  hash: string;
}

async function readEntries(database: Database, where: string, values: readonly string[]): Promise<AuditEntry[]> {
  const result = await database.query<AuditRow>(
    `SELECT seq, at, event, previous_hash, hash FROM audit_entries WHERE ${where} ORDER BY seq`,
    [...values],
  );
  return result.rows.map((row) => ({
    seq: Number(row.seq),
    at: row.at.toISOString(),
    event: row.event,
    previousHash: row.previous_hash,
    hash: row.hash,
  }));
}
