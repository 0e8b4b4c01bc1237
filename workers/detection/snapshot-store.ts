import { randomUUID } from 'node:crypto';
import { promisify } from 'node:util';
import { brotliCompress, brotliDecompress, constants, gunzip } from 'node:zlib';
import type { KV } from '@nats-io/kv';
import { z } from 'zod';
import type { PartitionState } from '../../detectors/partition-state';
import { joinChunks, nextChunk, type Chunk, type ShardSequences } from '../../detectors/shards';
import { restorePartition, STATE_SCHEMA } from '../../detectors/stored-state';
import { SHARDS } from '../../detectors/subject-shards';
import { isGzip } from '../../domain/is-gzip';
import { parseJson } from '../../domain/parse-json';
import { Utf8Text } from '../../domain/utf8-text';
import { isWrongLastSequence } from '../../enforcement/compare-and-set';

const compress = promisify(brotliCompress);
/** Of states half the time of gzip's fastest, and a tenth smaller (2026-11-30). */
const FAST = { params: { [constants.BROTLI_PARAM_QUALITY]: 1 } };

export const SNAPSHOT_BUCKET = 'snapshots' as const;

/** A NATS message holds 1 MiB by default; a larger chunk lies in parts beside the head. */
const PART_BYTES = 512 * 1024;
/** What is written at once is so much JSON and the rest of a shard: nothing is folded meanwhile. */
const CHUNK_BYTES = 128 * 1024;

const streamSequence = z.number().int().nonnegative();
const parts = z.object({ name: z.string(), count: z.number().int().positive() });
type Parts = Readonly<z.infer<typeof parts>>;

/**
 * The head: `state` itself where all of it is small, else the chunks that hold it, each written before the head under a name only the head tells.
 * `parts` is one chunk of everything, as it was written before 2026-11-28.
 */
const head = z.object({
  schema: z.number(),
  streamSequence,
  /** When the stream was made that the sequences are of. */
  stream: z.string().optional(),
  writer: z.string(),
  state: z.unknown().optional(),
  parts: parts.optional(),
  chunks: z
    .array(parts.extend({ sequence: streamSequence, shards: z.array(z.number().int().nonnegative()) }))
    .optional(),
});

/** A chunk as the head tells of it; without the name of its parts where the head holds it. */
interface StoredChunk extends Partial<Parts> {
  readonly sequence: number;
  readonly shards: readonly number[];
}

/** What is known of a partition's snapshot: the next one must be written over exactly this. */
export interface Stored {
  /** Of the head's entry; 0 when there is none. */
  readonly revision: number;
  /** Each shard is in one at most. */
  readonly chunks: readonly StoredChunk[];
  /** When the stream was made that their sequences are of; unknown of heads that were written before 2026-11-30. */
  readonly stream?: string | undefined;
}

/** Part of a state, as JSON in the memory of the store that took it. */
export interface TakenChunk {
  readonly before: Stored;
  readonly sequence: number;
  readonly shards: readonly number[];
}

export const NO_SNAPSHOT: Stored = { revision: 0, chunks: [] };

const ALL_SHARDS = Array.from({ length: SHARDS }, (_, shard) => shard);

/** The last message that the snapshot holds of each shard. */
export function heldBy({ chunks }: Stored): ShardSequences {
  const held = ALL_SHARDS.map(() => 0);
  for (const { sequence, shards } of chunks) for (const shard of shards) held[shard] = sequence;
  return held;
}

/**
 * The snapshots of one partition: where a worker resumes, and the only thing that says who owns the partition. A worker that writes over
 * another's snapshot than the one it knows is refused, and has lost the partition. They are written chunk by chunk, each as of its own message
 * (detectors/shards.ts), so that a large state stops the fold no longer than a small one; and it stops only while a chunk is made into JSON.
 */
export class SnapshotStore {
  readonly #key: string;
  /** Chunks of workers that died before they wrote a head are looked for once. */
  #isTidy = false;
  /** The chunk that was taken last; there is one at a time. */
  readonly #json = new Utf8Text();

  constructor(
    private readonly kv: KV,
    partition: number,
  ) {
    this.#key = `partition.${partition}`;
  }

  async revision(): Promise<number> {
    return (await this.kv.get(this.#key))?.revision ?? 0;
  }

  /** `state` is undefined when there is none, or none that this version can read: it is made anew from what the stream still holds. */
  async load(): Promise<{ readonly stored: Stored; readonly state: PartitionState | undefined }> {
    this.#isTidy = false;
    for (;;) {
      const entry = await this.kv.get(this.#key);
      const revision = entry?.revision ?? 0;
      const found = entry?.operation === 'PUT' ? await this.#read(entry.string()) : undefined;
      if (found) return { stored: { revision, chunks: found.chunks, stream: found.stream }, state: found.state };
      // The partition's owner may have replaced, meanwhile, what the head told of.
      if (revision === (await this.revision())) return { stored: { revision, chunks: [] }, state: undefined };
    }
  }

  /**
   * Takes the chunk that is furthest behind, as of the message `folded`, to be written over the snapshot `before`. The state may change after; another
   * chunk may be taken when this one was written, or will not be.
   */
  take(before: Stored, folded: number, state: PartitionState): TakenChunk {
    // What only the head holds is lost with it.
    const isInHead = before.chunks.some(({ name }) => name === undefined);
    const shards = nextChunk(state, heldBy(before), folded, isInHead ? Infinity : CHUNK_BYTES, this.#json);
    return { before, sequence: folded, shards };
  }

  /** Writes the chunk that was taken last. Gives what is stored then, or undefined when another worker has written meanwhile. */
  async write({ before, sequence, shards }: TakenChunk): Promise<Stored | undefined> {
    const json = this.#json;
    const writer = randomUUID();
    const isSmall = shards.length === SHARDS && json.length <= PART_BYTES;
    const written = { sequence, shards, ...(isSmall ? {} : await this.#split(json.bytes, writer)) };
    const chunks = [...without(before.chunks, shards), written];
    const revision = await this.#write(
      before.revision,
      headOf({ chunks, writer, stream: before.stream, json: isSmall ? json.toString() : undefined }),
      writer,
    );
    if (revision === undefined) return undefined;
    await this.#removeParts(before.chunks, chunks);
    return { revision, chunks, stream: before.stream };
  }

  async #read(
    text: string,
  ): Promise<{ chunks: readonly StoredChunk[]; stream: string | undefined; state: PartitionState } | undefined> {
    const parsed = head.safeParse(parseJson(text));
    if (!parsed.success) return undefined;
    const { streamSequence: sequence, state, parts: all, stream } = parsed.data;
    const chunks: readonly StoredChunk[] = parsed.data.chunks ?? [{ sequence, shards: ALL_SHARDS, ...all }];
    const read: Chunk[] = [];
    for (const { name, count = 0, ...chunk } of chunks) {
      const restored = restorePartition(name === undefined ? state : await this.#join({ name, count }));
      if (!restored) return undefined;
      read.push({ ...chunk, state: restored });
    }
    return { chunks, stream, state: joinChunks(read).state };
  }

  async #write(revision: number, value: string, writer: string): Promise<number | undefined> {
    try {
      return await this.kv.put(this.#key, value, { previousSeq: revision });
    } catch (error) {
      // Either another worker was first, or our own write was done and its answer lost: the writer's name tells.
      const entry = await this.kv.get(this.#key);
      const known = entry?.operation === 'PUT' ? head.safeParse(parseJson(entry.string())) : undefined;
      if (entry && known?.success && known.data.writer === writer) return entry.revision;
      if ((entry?.revision ?? 0) !== revision) return undefined;
      if (isWrongLastSequence(error)) return undefined;
      throw error;
    }
  }

  async #split(json: Buffer, name: string): Promise<Parts> {
    const bytes = await compress(json, FAST);
    const count = Math.ceil(bytes.length / PART_BYTES);
    for (let index = 0; index < count; index++) {
      await this.kv.put(`${this.#key}.${name}.${index}`, bytes.subarray(index * PART_BYTES, (index + 1) * PART_BYTES));
    }
    return { name, count };
  }

  async #join({ name, count }: Parts): Promise<unknown> {
    const parts: Uint8Array[] = [];
    for (let index = 0; index < count; index++) {
      const part = await this.kv.get(`${this.#key}.${name}.${index}`);
      if (part?.operation !== 'PUT') return undefined;
      parts.push(part.value);
    }
    const bytes = await decompress(Buffer.concat(parts)).catch(() => undefined);
    return bytes && parseJson(bytes.toString('utf8'));
  }

  /** What the head just written does not tell of is of no use to anybody: whoever is writing such has lost. */
  async #removeParts(before: readonly StoredChunk[], now: readonly StoredChunk[]): Promise<void> {
    const kept = new Set(now.map(({ name }) => name));
    const keys = this.#isTidy ? before.flatMap((chunk) => this.#keysOf(chunk)) : await this.#storedKeys();
    for (const key of keys) if (!kept.has(key.split('.')[2])) await this.kv.purge(key);
    this.#isTidy = true;
  }

  async #storedKeys(): Promise<readonly string[]> {
    const keys: string[] = [];
    for await (const key of await this.kv.keys(`${this.#key}.*.*`)) keys.push(key);
    return keys;
  }

  #keysOf({ name, count = 0 }: StoredChunk): readonly string[] {
    return Array.from({ length: count }, (_, index) => `${this.#key}.${name}.${index}`);
  }
}

/** Until 2026-11-30 chunks were gzipped; what Brotli makes begins so only with a larger window than its default. */
function decompress(bytes: Buffer): Promise<Buffer> {
  return promisify(isGzip(bytes) ? gunzip : brotliDecompress)(bytes);
}

/** The chunks, without the shards that another one holds from now on. */
function without(chunks: readonly StoredChunk[], shards: readonly number[]): readonly StoredChunk[] {
  return chunks.flatMap((chunk) => {
    const left = chunk.shards.filter((shard) => !shards.includes(shard));
    if (left.length === chunk.shards.length) return [chunk];
    return left.length === 0 ? [] : [{ ...chunk, shards: left }];
  });
}

function headOf(of: {
  readonly chunks: readonly StoredChunk[];
  readonly writer: string;
  readonly stream: string | undefined;
  readonly json: string | undefined;
}): string {
  const { chunks, writer, stream, json } = of;
  const common = { schema: STATE_SCHEMA, streamSequence: Math.min(...heldBy({ revision: 0, chunks })), stream, writer };
  if (json !== undefined) return `${JSON.stringify(common).slice(0, -1)},"state":${json}}`;
  return JSON.stringify({ ...common, chunks });
}
