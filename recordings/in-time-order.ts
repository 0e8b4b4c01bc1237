import { stat } from 'node:fs/promises';
import { IncidentError } from '../domain/errors';
import type { StreamEvent } from '../domain/usage-event';
import { STDIN } from './read-bytes';
import { noRecords, readEvents, type Mapper, type RecordCounts } from './read-events';

export const ORDERING = {
  /** A file of up to this many events is read once and held. A larger one is read twice when it is in order: to see that it is, and to use it. */
  held: 200_000,
  /** Events that are sorted at once: of a larger file that is out of order, or of standard input or a pipe, which can't be read twice. */
  sorted: 2_000_000,
} as const;

export interface OrderedEvents<E extends StreamEvent> {
  readonly events: AsyncGenerator<readonly E[], void>;
  /** Complete when the events are. */
  readonly counts: RecordCounts;
}

/**
 * The events of one file in the order of time; what is of the same time stays in the order of the file.
 * @throws IncidentError RECORDING_TOO_LARGE when it is out of order and more than can be sorted; and what `readEvents` throws
 */
export async function inTimeOrder<E extends StreamEvent>(
  file: string,
  map: Mapper<E>,
  limits: { readonly held: number; readonly sorted: number } = ORDERING,
): Promise<OrderedEvents<E>> {
  const counts = noRecords();
  const isReadOnce = await canBeReadOnce(file);
  const most = isReadOnce ? limits.sorted : limits.held;
  const first = await hold(file, map, counts, most);
  if (isReadOnce && !first.held) throw new IncidentError('RECORDING_TOO_LARGE', { file, most });
  if (first.held) return { events: oneByOne(first.held), counts };
  const again = noRecords();
  if (first.inOrder) return { events: readEvents(file, map, again), counts: again };
  const { held } = await hold(file, map, again, limits.sorted);
  if (!held) throw new IncidentError('RECORDING_TOO_LARGE', { file, most: limits.sorted });
  return { events: oneByOne(held), counts: again };
}

/** All events, sorted; or none, when there are more than `most`, and whether they are in order as they stand. */
async function hold<E extends StreamEvent>(
  file: string,
  map: Mapper<E>,
  counts: RecordCounts,
  most: number,
): Promise<{ held?: readonly E[]; inOrder: boolean }> {
  let held: E[] | undefined = [];
  let inOrder = true;
  let latest = -Infinity;
  for await (const piece of readEvents(file, map, counts)) {
    for (const event of piece) {
      if (event.at < latest) inOrder = false;
      latest = event.at;
      held?.push(event);
    }
    if (held && held.length > most) held = undefined;
    if (!held && !inOrder) return { inOrder };
  }
  return held ? { held: inOrder ? held : held.sort((a, b) => a.at - b.at), inOrder } : { inOrder };
}

/** Standard input; and a pipe that a shell made of a command has a path. */
async function canBeReadOnce(file: string): Promise<boolean> {
  if (file === STDIN) return true;
  const found = await stat(file).catch(() => undefined);
  return found !== undefined && !found.isFile();
}

async function* oneByOne<E>(events: readonly E[]): AsyncGenerator<readonly E[], void> {
  yield events;
}
