import { promisify } from 'node:util';
import { gunzip, gzip } from 'node:zlib';
import type { KV } from '@nats-io/kv';
import { z } from 'zod';
import { IncidentError } from '../domain/errors';
import { parseJson } from '../domain/parse-json';
import { AddressSet, contentName } from './address-set';
import { MOST_NETWORKS } from './read-list';

const compress = promisify(gzip);
const decompress = promisify(gunzip);

/** A NATS message holds 1 MiB by default. */
const PART_BYTES = 512 * 1024;
const MOST_BYTES = 32 * MOST_NETWORKS;
/**
 * How long a content is kept that was replaced: the stream holds uses for a day, so that nobody can meet an event any more that puts it in
 * force (workers/detection/streams.ts).
 */
const KEPT_MS = 25 * 3_600_000;

const reference = z.object({
  content: z.string().regex(/^[0-9a-f]{64}$/),
  parts: z.number().int().positive().max(128),
});
const shelved = reference.extend({
  networks: z.number().int().nonnegative(),
  leftOut: z.record(z.string(), z.number()),
  /** What the list came from: another source under the same name is another list. */
  origin: z.string(),
  etag: z.string().optional(),
  /** When its source last said so, milliseconds since the epoch. */
  confirmedAt: z.number(),
  replaced: z.array(reference.extend({ at: z.number() })),
  /** Since when no settings name it. */
  removedAt: z.number().optional(),
});

/** The last good content of one list. */
export type ShelvedList = z.infer<typeof shelved>;

/** The bucket `intel`: what each list last held, and the contents themselves, each under the hash of what it holds. */
export class ListShelf {
  constructor(private readonly kv: KV) {}

  /** Undefined where there is none, or none that this version can read. */
  async find(name: string): Promise<ShelvedList | undefined> {
    const entry = await this.kv.get(`list.${name}`);
    if (entry?.operation !== 'PUT') return undefined;
    const parsed = shelved.safeParse(parseJson(entry.string()));
    return parsed.success ? parsed.data : undefined;
  }

  /** Keeps a content under its name. It is whole before anybody can be told of it. */
  async keepContent(name: string, networks: AddressSet): Promise<z.infer<typeof reference>> {
    const encoded = networks.encode();
    const content = contentName(encoded);
    const bytes = await compress(encoded);
    const parts = Math.ceil(bytes.length / PART_BYTES);
    for (let part = 0; part < parts; part++)
      await this.kv.put(partKey(name, content, part), bytes.subarray(part * PART_BYTES, (part + 1) * PART_BYTES));
    return { content, parts };
  }

  /** Makes this the last good content of the list, and forgets what was replaced long ago. */
  async keep(name: string, { removedAt: _isNamedAgain, ...now }: Omit<ShelvedList, 'replaced'>): Promise<void> {
    const before = await this.find(name);
    const isNew = before !== undefined && before.content !== now.content;
    const all = [
      ...(before?.replaced ?? []),
      ...(isNew ? [{ content: before.content, parts: before.parts, at: now.confirmedAt }] : []),
    ].filter(({ content }) => content !== now.content);
    const replaced = all.filter(({ at }) => now.confirmedAt - at < KEPT_MS);
    await this.kv.put(`list.${name}`, JSON.stringify({ ...now, replaced }));
    for (const old of all) if (!replaced.includes(old)) await this.#forget(name, old);
  }

  /** Takes away lists that are no longer named, once nobody can meet an event any more that puts them in force. */
  async keepOnly(names: readonly string[], now: number): Promise<void> {
    for (const key of await this.#keys('list.*')) {
      const name = key.slice('list.'.length);
      const list = await this.find(name);
      if (names.includes(name)) {
        if (list?.removedAt !== undefined) await this.keep(name, list);
        continue;
      }
      if (list && list.removedAt === undefined)
        await this.kv.put(key, JSON.stringify({ ...list, removedAt: now } satisfies ShelvedList));
      if (list && now - (list.removedAt ?? now) < KEPT_MS) continue;
      for (const part of await this.#keys(`content.${name}.>`)) await this.kv.purge(part);
      await this.kv.purge(key);
    }
  }

  /** A content that was kept. @throws IncidentError INTEL_LIST_MISSING when it is not there, or not what its name says */
  async content(name: string, content: string): Promise<AddressSet> {
    const parts: Uint8Array[] = [];
    for (;;) {
      const entry = await this.kv.get(partKey(name, content, parts.length));
      if (entry?.operation !== 'PUT') break;
      parts.push(entry.value);
      if (entry.value.length < PART_BYTES) break;
    }
    const encoded = await decompress(Buffer.concat(parts), { maxOutputLength: MOST_BYTES }).catch(() => undefined);
    const networks = encoded && contentName(encoded) === content ? AddressSet.decode(encoded) : undefined;
    if (!networks) throw new IncidentError('INTEL_LIST_MISSING', { list: name, content });
    return networks;
  }

  async #forget(name: string, { content, parts }: z.infer<typeof reference>): Promise<void> {
    for (let part = 0; part < parts; part++) await this.kv.purge(partKey(name, content, part));
  }

  async #keys(filter: string): Promise<readonly string[]> {
    const keys: string[] = [];
    for await (const key of await this.kv.keys(filter)) keys.push(key);
    return keys;
  }
}

function partKey(name: string, content: string, part: number): string {
  return `content.${name}.${content}.${part}`;
}
