import { open, readFile, rename } from 'node:fs/promises';
import { z } from 'zod';
import { denylistEntry, type DenylistEntry } from '../domain/denylist';
import { IncidentError } from '../domain/errors';

const snapshotFile = z.strictObject({
  format: z.literal(1),
  bucket: z.string(),
  revision: z.number().int().nonnegative(),
  /** Milliseconds since the epoch. */
  savedAt: z.number().int(),
  entries: z.array(z.unknown()),
});

/** What a gateway knew when it was last saved; `bucket` and `revision` say up to where. */
export interface DenylistSnapshot {
  readonly bucket: string;
  readonly revision: number;
  readonly savedAt: number;
  readonly entries: readonly DenylistEntry[];
  /** Entries that stood there and could not be read. */
  readonly unreadable: number;
}

/**
 * Reads a snapshot; undefined when there is none yet. One entry that can't be read keeps none of the others from being known.
 * @throws IncidentError SNAPSHOT_UNREADABLE
 */
export async function readSnapshot(path: string): Promise<DenylistSnapshot | undefined> {
  try {
    const { entries, ...rest } = snapshotFile.parse(JSON.parse(await readFile(path, 'utf8')));
    const parsed = entries.map((entry) => denylistEntry.safeParse(entry));
    const readable = parsed.flatMap(({ data }) => data ?? []);
    return { ...rest, entries: readable, unreadable: parsed.length - readable.length };
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw new IncidentError('SNAPSHOT_UNREADABLE', { path }, { cause });
  }
}

export interface SnapshotKeeper {
  /** Something changed: it is saved soon, and once for many changes. */
  changed(): void;
  /** Saves what is not saved yet. */
  stop(): Promise<void>;
}

/** A crash within this time loses a refusal from the disk only: it is in NATS, and in PostgreSQL. */
const SAVE_AFTER_MS = 200;

/** Keeps a file that holds what `current` gives, readable by its owner only, and whole at every moment. */
export function keepSnapshot(
  path: string,
  current: () => Omit<DenylistSnapshot, 'savedAt' | 'unreadable'>,
  onError: (error: unknown) => void,
): SnapshotKeeper {
  let timer: NodeJS.Timeout | undefined;
  let saving = Promise.resolve();

  function save(): Promise<void> {
    timer = undefined;
    saving = saving.then(() => write(path, { format: 1, savedAt: Date.now(), ...current() })).catch(onError);
    return saving;
  }

  return {
    changed() {
      timer ??= setTimeout(() => void save(), SAVE_AFTER_MS);
    },
    async stop() {
      if (timer === undefined) return saving;
      clearTimeout(timer);
      return save();
    },
  };
}

async function write(path: string, content: object): Promise<void> {
  const unfinished = `${path}.${process.pid}.tmp`;
  const file = await open(unfinished, 'w', 0o600);
  try {
    await file.writeFile(JSON.stringify(content));
    // Else the rename may reach the disk before the content does.
    await file.sync();
  } finally {
    await file.close();
  }
  await rename(unfinished, path);
}
