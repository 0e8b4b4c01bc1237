/** Something that is to happen. */
export interface Appointment {
  cancel(): void;
}

interface Entry extends Appointment {
  readonly at: number;
  readonly order: number;
  readonly work: () => unknown;
  cancelled: boolean;
}

/** Time that passes only when nothing is left to do. What is due at the same moment happens in the order it was asked for. */
export class VirtualClock {
  #now: number;
  #order = 0;
  readonly #heap: Entry[] = [];

  constructor(start: number) {
    this.#now = start;
  }

  get now(): number {
    return this.#now;
  }

  after(ms: number, work: () => unknown): Appointment {
    const entry: Entry = {
      at: this.#now + Math.max(0, ms),
      order: this.#order++,
      work,
      cancelled: false,
      cancel: () => {
        entry.cancelled = true;
      },
    };
    this.push(entry);
    return entry;
  }

  /** Lets time pass until `done` holds, nothing is left to do, or `until` is reached. */
  async run(until: number, done: () => boolean): Promise<void> {
    while (!done()) {
      const entry = this.pop();
      if (!entry) return;
      if (entry.at > until) {
        this.push(entry);
        this.#now = until;
        return;
      }
      if (entry.cancelled) continue;
      this.#now = entry.at;
      await entry.work();
    }
  }

  private push(entry: Entry): void {
    const heap = this.#heap;
    let index = heap.push(entry) - 1;
    while (index > 0) {
      const parent = (index - 1) >> 1;
      if (!isBefore(entry, heap[parent]!)) break;
      heap[index] = heap[parent]!;
      index = parent;
    }
    heap[index] = entry;
  }

  private pop(): Entry | undefined {
    const heap = this.#heap;
    const first = heap[0];
    const last = heap.pop();
    if (!first || !last || heap.length === 0) return first;
    let index = 0;
    for (;;) {
      let child = 2 * index + 1;
      if (child >= heap.length) break;
      if (child + 1 < heap.length && isBefore(heap[child + 1]!, heap[child]!)) child++;
      if (!isBefore(heap[child]!, last)) break;
      heap[index] = heap[child]!;
      index = child;
    }
    heap[index] = last;
    return first;
  }
}

function isBefore(a: Entry, b: Entry): boolean {
  return a.at < b.at || (a.at === b.at && a.order < b.order);
}
