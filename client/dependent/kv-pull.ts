import type { KV, KvWatchEntry } from '@nats-io/kv';
import { z } from 'zod';
import { statusOf, type ManagedUse } from './dependent-service';

const announcement = z.object({ version: z.number().int().positive() });

export interface KvPullOptions {
  readonly dependentId: string;
  readonly credentials: KV;
  readonly acks: KV;
  /** Tells of a change that could not be made; the next announcement, or a re-read, tries again. */
  readonly onError: (error: unknown) => void;
}

/** Follows this dependent's own key in NATS KV for the version to use, changes to it, tries it, and answers. Returns how to stop. */
export async function followCredential(use: ManagedUse, options: KvPullOptions): Promise<() => void> {
  const key = `${use.credential.id}.${options.dependentId}`;
  const watch = await options.credentials.watch({ key });
  void (async () => {
    for await (const update of watch) {
      // One that can't be read must not end the following of those after it.
      await follow(update).catch(options.onError);
    }
  })().catch(options.onError);
  return () => watch.stop();

  async function follow(update: KvWatchEntry): Promise<void> {
    if (update.operation !== 'PUT') return;
    await use.credential.use(announcement.parse(update.json()).version);
    const status = await statusOf(use);
    await options.acks.put(key, JSON.stringify(status));
  }
}
