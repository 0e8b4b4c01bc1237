import { randomUUID } from 'node:crypto';
import { promisify } from 'node:util';
import { gunzip, gzip } from 'node:zlib';
import type { KV } from '@nats-io/kv';
import { z } from 'zod';
import { restorePartition, STATE_SCHEMA, type PartitionState } from '../../detectors/partition-state';
import { isWrongLastSequence } from '../../enforcement/compare-and-set';

const compress = promisify(gzip);
const decompress = promisify(gunzip);

export const SNAPSHOT_BUCKET = 'snapshots' as const;

/** A NATS message holds 1 MiB by default; a larger state lies in parts beside its head. */
const PART_BYTES = 512 * 1024;

/** The head: `state` itself, or the number of parts that hold it, written before the head under a name only the head tells. */
const head = z.object({
  schema: z.number(),
  streamSequence: z.number().int().nonnegative(),
  writer: z.string(),
  state: z.unknown().optional(),
  parts: z.object({ name: z.string(), count: z.number().int().positive() }).optional(),
});

export interface Snapshot {
  /** Of the KV entry: the next snapshot must be written over exactly this one. 0 when there is none. */
  readonly revision: number;
  /** The last message of the stream that the state holds. */
  readonly streamSequence: number;
  /** Undefined when there is none, or none that this version can read. */
  readonly state: PartitionState | undefined;
}

/**
 * The snapshots of one partition: where a worker resumes, and the only thing that says who owns the partition. A worker that writes over
 * another's snapshot than the one it knows is refused, and has lost the partition.
 */
export class SnapshotStore {
  readonly #key: string;

  constructor(
    private readonly kv: KV,
    partition: number,
  ) {
    this.#key = `partition.${partition}`;
  }

  async revision(): Promise<number> {
    return (await this.kv.get(this.#key))?.revision ?? 0;
  }

  async load(): Promise<Snapshot> {
    const entry = await this.kv.get(this.#key);
    if (!entry || entry.operation !== 'PUT')
      return { revision: entry?.revision ?? 0, streamSequence: 0, state: undefined };
    const parsed = head.safeParse(JSON.parse(entry.string()));
    if (!parsed.success) return { revision: entry.revision, streamSequence: 0, state: undefined };
    const { streamSequence, parts, state } = parsed.data;
    const restored = restorePartition(parts ? await this.#join(parts) : state);
    // An unreadable state is made anew from what the stream still holds.
    return { revision: entry.revision, streamSequence: restored ? streamSequence : 0, state: restored };
  }

  /** Writes over the snapshot of `revision`. Gives the new revision, or undefined when another worker has written meanwhile. */
  async save(revision: number, streamSequence: number, state: PartitionState): Promise<number | undefined> {
    const json = JSON.stringify(state);
    const writer = randomUUID();
    const whole = { schema: STATE_SCHEMA, streamSequence, writer };
    // Characters, not bytes: states are nearly all ASCII, and half of a message is room enough for the rest.
    const parts = json.length > PART_BYTES ? await this.#split(json, writer) : undefined;
    const value = parts
      ? JSON.stringify({ ...whole, parts })
      : `${JSON.stringify(whole).slice(0, -1)},"state":${json}}`;
    const written = await this.#write(revision, value, writer);
    if (written !== undefined && parts) await this.#removeParts(writer);
    return written;
  }

  async #write(revision: number, value: string, writer: string): Promise<number | undefined> {
    try {
      return await this.kv.put(this.#key, value, { previousSeq: revision });
    } catch (error) {
      // Either another worker was first, or our own write was done and its answer lost: the writer's name tells.
      const entry = await this.kv.get(this.#key);
      const known = entry?.operation === 'PUT' ? head.safeParse(JSON.parse(entry.string())) : undefined;
      if (entry && known?.success && known.data.writer === writer) return entry.revision;
      if ((entry?.revision ?? 0) !== revision) return undefined;
      if (isWrongLastSequence(error)) return undefined;
      throw error;
    }
  }

  async #split(json: string, name: string): Promise<{ name: string; count: number }> {
    const bytes = await compress(json, { level: 1 });
    const count = Math.ceil(bytes.length / PART_BYTES);
    for (let index = 0; index < count; index++) {
      await this.kv.put(`${this.#key}.${name}.${index}`, bytes.subarray(index * PART_BYTES, (index + 1) * PART_BYTES));
    }
    return { name, count };
  }

  async #join({ name, count }: { name: string; count: number }): Promise<unknown> {
    const parts: Uint8Array[] = [];
    for (let index = 0; index < count; index++) {
      const part = await this.kv.get(`${this.#key}.${name}.${index}`);
      if (part?.operation !== 'PUT') return undefined;
      parts.push(part.value);
    }
    return JSON.parse((await decompress(Buffer.concat(parts))).toString('utf8'));
  }

  /** Parts of other heads than the one just written are of no use to anybody: whoever is writing such has lost. */
  async #removeParts(except: string): Promise<void> {
    const keys: string[] = [];
    for await (const key of await this.kv.keys(`${this.#key}.*.*`)) keys.push(key);
    for (const key of keys) if (!key.startsWith(`${this.#key}.${except}.`)) await this.kv.purge(key);
  }
}
