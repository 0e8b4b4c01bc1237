import type { StreamEvent } from '../domain/usage-event';
import { inTimeOrder, type OrderedEvents } from './in-time-order';
import { expectRecords, type Mapper, type RecordCounts } from './read-events';

/** A place in one file's events. */
class Cursor<E extends StreamEvent> {
  #piece: readonly E[] = [];
  #next = 0;

  constructor(private readonly ordered: OrderedEvents<E>) {}

  get event(): E | undefined {
    return this.#piece[this.#next];
  }

  /** Goes to the next event; whether another piece must be read first. */
  step(): boolean {
    this.#next += 1;
    return this.#next >= this.#piece.length;
  }

  async fill(): Promise<void> {
    do {
      const { value, done } = await this.ordered.events.next();
      this.#piece = done ? [] : value;
      this.#next = 0;
      if (done) return;
    } while (this.#piece.length === 0);
  }
}

/**
 * Calls `take` with every event of all files, in the order of time; at the same time, in the order of the files. A promise that it gives is waited for.
 * @throws IncidentError as `inTimeOrder` and `expectRecords` do
 */
export async function forEachInTime<E extends StreamEvent>(
  files: readonly string[],
  map: Mapper<E>,
  take: (event: E) => unknown,
): Promise<RecordCounts> {
  const parts: OrderedEvents<E>[] = [];
  for (const file of files) parts.push(await inTimeOrder(file, map));
  const cursors = parts.map((part) => new Cursor(part));
  for (const cursor of cursors) await cursor.fill();
  for (let next = earliest(cursors); next?.event; next = earliest(cursors)) {
    const taken = take(next.event);
    if (taken instanceof Promise) await taken;
    if (next.step()) await next.fill();
  }
  const counts = parts.map((part) => part.counts).reduce(sum);
  expectRecords(files, counts);
  return counts;
}

function earliest<E extends StreamEvent>(cursors: readonly Cursor<E>[]): Cursor<E> | undefined {
  let found: Cursor<E> | undefined;
  for (const cursor of cursors) {
    if (cursor.event && (!found?.event || cursor.event.at < found.event.at)) found = cursor;
  }
  return found;
}

function sum(a: RecordCounts, b: RecordCounts): RecordCounts {
  return {
    records: a.records + b.records,
    ignored: a.ignored + b.ignored,
    malformed: a.malformed + b.malformed,
    faults: [...a.faults, ...b.faults],
  };
}
