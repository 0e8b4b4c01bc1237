import { stat } from 'node:fs/promises';
import { IncidentError } from '../domain/errors';
import type { StreamEvent } from '../domain/usage-event';
import { STDIN } from './read-bytes';
import { noRecords, readEvents, type Mapper, type RecordCounts } from './read-events';

export const ORDERING = {
  /** Files of up to this many events together are read once and held. What is more is read twice: to see when it begins and whether it is in order, and to use it. */
  held: 200_000,
  /** Events of one file that are sorted at once: where it is out of order, or a pipe, which can't be read twice. */
  sorted: 2_000_000,
} as const;

export type OrderingLimits = Readonly<Record<keyof typeof ORDERING, number>>;

/** What the first look at a file tells. */
export interface Surveyed<E extends StreamEvent> {
  /** Of its first event by time; Infinity where there is none. */
  readonly firstAt: number;
  /** Events that are held until it is opened. */
  readonly held: number;
  /** Its events in the order of time; what is of the same time stays in the order of the file. */
  readonly open: () => AsyncGenerator<readonly E[], void>;
  /** Complete when the events are. */
  readonly counts: RecordCounts;
}

/**
 * Looks through a file, and holds its events where there are no more than `limits.held`.
 * @throws IncidentError RECORDING_TOO_LARGE for more than can be sorted of a pipe, or of a file that is out of order; and what `readEvents` throws
 */
export async function survey<E extends StreamEvent>(
  file: string,
  map: Mapper<E>,
  limits: OrderingLimits = ORDERING,
): Promise<Surveyed<E>> {
  const isOnce = await isReadOnlyOnce(file);
  const most = isOnce ? limits.sorted : limits.held;
  const first = noRecords();
  const { held, inOrder, firstAt, total } = await hold(file, map, first, most);
  if (held) return { firstAt, held: held.length, open: () => oneByOne(held), counts: first };
  if (isOnce) throw tooLarge(file, most);
  if (!inOrder && total > limits.sorted) throw tooLarge(file, limits.sorted);
  const counts = noRecords();
  const open = () => (inOrder ? readEvents(file, map, counts) : sorted(file, map, counts, limits.sorted));
  return { firstAt, held: 0, open, counts };
}

interface Held<E> {
  /** All events, sorted; undefined when there are more than may be. */
  readonly held: readonly E[] | undefined;
  readonly inOrder: boolean;
  readonly firstAt: number;
  readonly total: number;
}

async function hold<E extends StreamEvent>(
  file: string,
  map: Mapper<E>,
  counts: RecordCounts,
  most: number,
): Promise<Held<E>> {
  let held: E[] | undefined = [];
  let inOrder = true;
  let [firstAt, latest, total] = [Infinity, -Infinity, 0];
  for await (const piece of readEvents(file, map, counts)) {
    for (const event of piece) {
      if (event.at < latest) inOrder = false;
      latest = event.at;
      firstAt = Math.min(firstAt, event.at);
      total += 1;
      held?.push(event);
    }
    if (held && held.length > most) held = undefined;
  }
  return { held: inOrder ? held : held?.sort((a, b) => a.at - b.at), inOrder, firstAt, total };
}

async function* sorted<E extends StreamEvent>(
  file: string,
  map: Mapper<E>,
  counts: RecordCounts,
  most: number,
): AsyncGenerator<readonly E[], void> {
  const { held } = await hold(file, map, counts, most);
  if (!held) throw tooLarge(file, most);
  yield held;
}

async function* oneByOne<E>(events: readonly E[]): AsyncGenerator<readonly E[], void> {
  yield events;
}

/** Standard input; and a pipe that a shell made of a command has a path. */
async function isReadOnlyOnce(file: string): Promise<boolean> {
  if (file === STDIN) return true;
  const found = await stat(file).catch(() => undefined);
  return found !== undefined && !found.isFile();
}

function tooLarge(file: string, most: number): IncidentError {
  return new IncidentError('RECORDING_TOO_LARGE', { file: file === STDIN ? 'standard input' : file, most });
}
