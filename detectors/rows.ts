/**
 * What all detectors remember of one subject lies in one array of numbers: a use of one of ten thousand subjects waits for memory longer than it computes, and waits
 * once where it lies together, and fifty times where each detector has objects of its own (docs/performance.md). The array begins with where each row begins, and where the last
 * one ends; then come the rows, one after the other.
 */
export type Numbers = number[];

/** Rows by their names, as they are for a subject never seen, or as they are stored. */
export type RowValues<Name extends string = string> = Readonly<Record<Name, readonly number[]>>;

/** The rows of one detector, by the names it gave them: always those of the subject at hand. */
export type Rows<Name extends string> = Readonly<Record<Name, Row>>;

interface PlacedRow {
  readonly detector: string;
  readonly name: string;
  readonly initial: readonly number[];
}

/** Of every detector that was defined in this process, in that order. Snapshots hold rows by name, so it may be another one in each process. */
const placed: PlacedRow[] = [];

/** The subject at hand. */
const seat: { owner: { numbers: Numbers }; numbers: Numbers; read: number } = {
  owner: { numbers: [] },
  numbers: [],
  read: 0,
};

let fresh: Numbers = [];

/** A row of numbers of the subject at hand. */
export class Row {
  constructor(private readonly index: number) {}

  get length(): number {
    const { numbers } = seat;
    return (numbers[this.index + 1] ?? 0) - (numbers[this.index] ?? 0);
  }

  /** 0 beyond its end. */
  get(index: number): number {
    const { numbers } = seat;
    const place = (numbers[this.index] ?? 0) + index;
    return place < (numbers[this.index + 1] ?? 0) ? (numbers[place] ?? 0) : 0;
  }

  /** @throws RangeError outside of the row: it would be another one's number */
  set(index: number, value: number): void {
    const { numbers } = seat;
    const place = (numbers[this.index] ?? 0) + index;
    if (!(index >= 0 && place < (numbers[this.index + 1] ?? 0))) throw new RangeError('a row has no such number');
    numbers[place] = value;
  }

  add(index: number, value: number): void {
    this.set(index, this.get(index) + value);
  }

  /** Where the first number of this value stands, or -1; of each `size` numbers from `from` until before `to` only the first is looked at. */
  indexOf(value: number, size = 1, from = 0, to = this.length): number {
    const { numbers } = seat;
    const begin = numbers[this.index] ?? 0;
    for (let place = begin + from; place < begin + to; place += size)
      if (numbers[place] === value) return place - begin;
    return -1;
  }

  /** Its numbers from `from` until before `to`, `size` at a time. */
  records(size: number, from = 0, to = this.length): readonly (readonly number[])[] {
    const numbers = this.toArray();
    return Array.from({ length: (to - from) / size }, (_, record) => {
      const first = from + record * size;
      return numbers.slice(first, first + size);
    });
  }

  toArray(): number[] {
    const { numbers } = seat;
    return numbers.slice(numbers[this.index], numbers[this.index + 1]);
  }

  /** Puts other numbers in place of all of its own. All rows after it are moved where there are more of them or fewer, so it is for what happens seldom. */
  replace(values: readonly number[]): void {
    const { numbers, owner } = seat;
    const [begin, end] = [numbers[this.index] ?? 0, numbers[this.index + 1] ?? 0];
    const moved = values.length - (end - begin);
    if (moved === 0) {
      for (const [index, value] of values.entries()) numbers[begin + index] = value;
      return;
    }
    // Put together anew, not spliced: an array that has grown keeps room for half as many more.
    const next = numbers.slice(0, begin).concat(inPlace(values), numbers.slice(end));
    for (let index = this.index + 1; index <= placed.length; index++) next[index] = (next[index] ?? 0) + moved;
    seat.numbers = next;
    owner.numbers = next;
  }
}

/** Makes room for a detector's rows in all subjects. */
export function placeRows<Name extends string>(detector: string, initial: RowValues<Name>): Rows<Name> {
  const entries = Object.entries<readonly number[]>(initial).map(([name, values]) => {
    placed.push({ detector, name, initial: values });
    return [name, new Row(placed.length - 1)];
  });
  fresh = table(placed.map((row) => row.initial));
  return Object.fromEntries(entries) as Rows<Name>;
}

/** From here on all rows are this subject's. */
export function takeInHand(subject: { numbers: Numbers }): void {
  // A detector was defined since: of tests only.
  if (subject.numbers[0] !== fresh[0]) subject.numbers = numbersOf(storedRows(subject.numbers));
  seat.owner = subject;
  seat.numbers = subject.numbers;
  // Kept, since what nobody wants is not read.
  seat.read = readLines(subject.numbers);
}

/** Numbers of a line of memory, which comes as a whole. */
const LINE = 8;

/** One number of each line, one right after the other: the processor waits for all of them at once, and not for each when its detector comes to it. */
function readLines(numbers: Numbers): number {
  let sum = 0;
  for (let index = 0; index < numbers.length; index += LINE) sum += numbers[index] ?? 0;
  return sum;
}

/** Of a subject that no detector was asked about. */
export function freshNumbers(): Numbers {
  return fresh.slice();
}

/** As a snapshot holds them: by detector and name, so that it is read by any version, and without what is as it began. */
export function storedRows(numbers: Numbers): Readonly<Record<string, RowValues>> {
  const stored: Record<string, Record<string, readonly number[]>> = {};
  for (let index = 0; index < (numbers[0] ?? 0) - 1; index++) {
    const row = placed[index];
    const values = numbers.slice(numbers[index], numbers[index + 1]);
    if (row && !isAsItBegan(values, row)) (stored[row.detector] ??= {})[row.name] = values;
  }
  return stored;
}

function isAsItBegan(values: readonly number[], { initial }: PlacedRow): boolean {
  return values.length === initial.length && values.every((value, index) => value === initial[index]);
}

/**
 * The other way round: what a snapshot does not hold begins anew, and what no detector keeps any more is left out. Where one row can't be read all of its detector's
 * begin anew, since they may belong together.
 */
export function numbersOf(stored: Readonly<Record<string, unknown>>): Numbers {
  return table(
    placed.map(({ detector, name, initial }) => {
      const rows = stored[detector];
      return isRows(rows) ? (rows[name] ?? initial) : initial;
    }),
  );
}

function isRows(rows: unknown): rows is Readonly<Record<string, readonly number[]>> {
  return typeof rows === 'object' && rows !== null && Object.values({ ...rows }).every(isRow);
}

function isRow(values: unknown): boolean {
  return Array.isArray(values) && values.every(Number.isFinite);
}

function table(rows: readonly (readonly number[])[]): Numbers {
  const begins = [rows.length + 1];
  for (const [index, row] of rows.entries()) begins.push((begins[index] ?? 0) + row.length);
  return inPlace([...begins, ...rows.flat()]);
}

/** Of an array that began with a fraction V8 knows that it may hold any number, and keeps them all in place; a slice has no room to grow. */
function inPlace(values: readonly number[]): Numbers {
  return [0.5, ...values].slice(1);
}
