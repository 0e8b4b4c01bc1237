import type { StreamEvent } from '../domain/usage-event';
import { ORDERING, survey, type OrderingLimits, type Surveyed } from './in-time-order';
import { expectRecords, noRecords, type Mapper, type RecordCounts } from './read-events';

/** A place in one file's events. */
class Cursor<E extends StreamEvent> {
  readonly #events: AsyncGenerator<readonly E[], void>;
  #piece: readonly E[] = [];
  #next = 0;

  constructor(
    readonly index: number,
    file: Surveyed<E>,
  ) {
    this.#events = file.open();
  }

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
      const { value, done } = await this.#events.next();
      this.#piece = done ? [] : value;
      this.#next = 0;
      if (done) return;
    } while (this.#piece.length === 0);
  }
}

/**
 * Calls `take` with every event of all files, in the order of time; at the same time, in the order of the files. A promise that it gives is waited for. Of files
 * that are more than can be held, those are open whose times overlap.
 * @throws IncidentError as `survey` and `expectRecords` do
 */
export async function forEachInTime<E extends StreamEvent>(
  files: readonly string[],
  map: Mapper<E>,
  take: (event: E) => unknown,
  limits: OrderingLimits = ORDERING,
): Promise<RecordCounts> {
  const surveyed: Surveyed<E>[] = [];
  let room = limits.held;
  for (const file of files) {
    const found = await survey(file, map, { ...limits, held: room });
    room = Math.max(0, room - found.held);
    surveyed.push(found);
  }
  // The latest first: the next one to open is the last.
  const waiting = [...surveyed.entries()].sort(([, a], [, b]) => b.firstAt - a.firstAt);
  /** The one whose event is the latest first. */
  const open: Cursor<E>[] = [];
  for (;;) {
    const next = open.at(-1);
    const [index, file] = waiting.at(-1) ?? [];
    if (index !== undefined && file && file.firstAt <= (next?.event?.at ?? Infinity)) {
      waiting.pop();
      const cursor = new Cursor(index, file);
      await cursor.fill();
      insert(open, cursor);
      continue;
    }
    if (!next?.event) break;
    const taken = take(next.event);
    if (taken instanceof Promise) await taken;
    if (next.step()) await next.fill();
    open.pop();
    insert(open, next);
  }
  const counts = noRecords();
  for (const file of surveyed) add(counts, file.counts);
  expectRecords(files, counts);
  return counts;
}

/** Where it belongs; one that is at its end is left out. */
function insert<E extends StreamEvent>(open: Cursor<E>[], cursor: Cursor<E>): void {
  const { event } = cursor;
  if (!event) return;
  let [low, high] = [0, open.length];
  while (low < high) {
    const middle = (low + high) >>> 1;
    const other = open[middle];
    const isLater = other?.event && (other.event.at - event.at || other.index - cursor.index) > 0;
    if (isLater) low = middle + 1;
    else high = middle;
  }
  open.splice(low, 0, cursor);
}

function add(counts: RecordCounts, more: RecordCounts): void {
  counts.records += more.records;
  counts.ignored += more.ignored;
  counts.malformed += more.malformed;
  counts.faults.push(...more.faults);
}
