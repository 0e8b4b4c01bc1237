import { createHash } from 'node:crypto';
import { jetstream } from '@nats-io/jetstream';
import type { KV } from '@nats-io/kv';
import type { NatsConnection } from '@nats-io/transport-node';
import { z } from 'zod';
import { keptMs, type IdleSubject } from '../../detectors/eviction';
import { restoreSubject, STATE_SCHEMA, storedSchema, storedSubject, storeSubject } from '../../detectors/stored-state';
import { parseJson } from '../../domain/parse-json';
import { isWrongLastSequence } from '../../enforcement/compare-and-set';

export const IDLE_BUCKET = 'idle-subjects' as const;

/** Calls under way at once. */
const AT_ONCE = 256;

const kept = z.object({
  schema: storedSchema,
  subject: z.string(),
  streamSequence: z.number().int().nonnegative(),
  /** When the stream was made that the sequence is of. */
  stream: z.string().optional(),
  state: storedSubject,
});

/**
 * The part of a partition's state that memory is too dear for: subjects that were not used for long, each under its own key. What a subject's state is
 * after a message is the same whoever folded it, so the entry of the later message is the right one whoever writes it.
 */
export class IdleSubjects {
  /** When the stream was made that is read now: a sequence of another one says nothing. */
  stream: string | undefined;

  constructor(
    private readonly kv: KV,
    private readonly nats: NatsConnection,
    private readonly partition: number,
  ) {}

  /** Whether nobody was ever kept, of whatever partition. */
  async isEmpty(): Promise<boolean> {
    return (await this.kv.status()).values === 0;
  }

  /** Those of them that were kept. One that this version can't read is as one that was never seen. */
  async find(subjects: readonly string[]): Promise<ReadonlyMap<string, IdleSubject>> {
    const found = new Map<string, IdleSubject>();
    await inParts(subjects, async (subject) => {
      const { entry } = await this.#read(subject);
      if (entry) found.set(subject, entry);
    });
    return found;
  }

  /** Keeps them as they are; the detections of the message that each one holds must be stored before. */
  async keep(subjects: readonly (readonly [string, IdleSubject])[]): Promise<void> {
    await inParts(subjects, ([subject, entry]) => this.#keepOne(subject, entry));
  }

  async #keepOne(subject: string, entry: IdleSubject): Promise<void> {
    for (let revision = 0; ;) {
      if (await this.#write(subject, entry, revision)) return;
      const stored = await this.#read(subject);
      // Another worker's, who was further than we are: we have lost the partition, and shall learn it with the next snapshot.
      if ((stored.entry?.streamSequence ?? -1) >= entry.streamSequence) return;
      revision = stored.revision;
    }
  }

  /** False when the entry is not of this revision. */
  async #write(subject: string, entry: IdleSubject, revision: number): Promise<boolean> {
    const value = JSON.stringify({
      schema: STATE_SCHEMA,
      subject,
      streamSequence: entry.streamSequence,
      stream: this.stream,
      state: storeSubject(entry.state),
    });
    const kept = keptMs(entry.state);
    const ttl = kept === Infinity ? {} : { ttl: `${kept / 1000}s` };
    try {
      const expect = { lastSubjectSequence: revision };
      await jetstream(this.nats).publish(`$KV.${IDLE_BUCKET}.${this.#key(subject)}`, value, { expect, ...ttl });
      return true;
    } catch (error) {
      if (isWrongLastSequence(error)) return false;
      throw error;
    }
  }

  async #read(subject: string): Promise<{ readonly revision: number; readonly entry?: IdleSubject }> {
    const stored = await this.kv.get(this.#key(subject));
    if (stored?.operation !== 'PUT') return { revision: stored?.revision ?? 0 };
    const parsed = kept.safeParse(parseJson(stored.string()));
    const revision = stored.revision;
    if (!parsed.success || parsed.data.subject !== subject) return { revision };
    const { schema, stream, state } = parsed.data;
    const streamSequence = stream === undefined || stream === this.stream ? parsed.data.streamSequence : 0;
    return { revision, entry: { streamSequence, state: restoreSubject(subject, state, schema) } };
  }

  /** A subject may hold characters that a key may not. */
  #key(subject: string): string {
    return `${this.partition}.${createHash('sha256').update(subject).digest('base64url').slice(0, 22)}`;
  }
}

async function inParts<T>(items: readonly T[], work: (item: T) => Promise<void>): Promise<void> {
  for (let first = 0; first < items.length; first += AT_ONCE)
    await Promise.all(items.slice(first, first + AT_ONCE).map(work));
}
