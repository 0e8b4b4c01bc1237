import type { KV } from '@nats-io/kv';
import { z } from 'zod';
import { parseJson } from '../../domain/parse-json';

/** Where reading goes on: behind the last line that is done with. */
export const logPosition = z.strictObject({
  file: z.string(),
  inode: z.number(),
  offset: z.number().int().nonnegative(),
});

export type LogPosition = z.infer<typeof logPosition>;

/** Where a tail keeps its position over restarts. */
export interface LogPositions {
  load(): Promise<LogPosition | undefined>;
  save(position: LogPosition): Promise<void>;
}

/** Keeps a position under a key of a NATS KV bucket. An unreadable one counts as none. */
export function positionsInKv(kv: KV, key: string): LogPositions {
  return {
    async load() {
      const entry = await kv.get(key);
      if (entry?.operation !== 'PUT') return undefined;
      const parsed = logPosition.safeParse(parseJson(entry.string()));
      return parsed.success ? parsed.data : undefined;
    },
    async save(position) {
      await kv.put(key, JSON.stringify(position));
    },
  };
}
