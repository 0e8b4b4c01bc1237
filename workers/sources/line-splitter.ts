/** A complete line without its end, and where it begins and ends in its file. */
export interface Line {
  readonly text: string;
  readonly start: number;
  readonly end: number;
}

/** No line of a log is that long; what is, is skipped up to its end and given as an empty line. */
const LONGEST_BYTES = 1024 * 1024;

const NEWLINE = 0x0a;

/** Cuts bytes as they come into complete lines. Works on bytes, so that a character cut in two by a chunk stays whole. */
export class LineSplitter {
  #rest: Buffer = Buffer.alloc(0);
  #skipped = 0;
  #end: number;

  constructor(start: number) {
    this.#end = start;
  }

  /** Up to where bytes were taken. */
  get end(): number {
    return this.#end;
  }

  push(bytes: Buffer): Line[] {
    const data = this.#rest.length === 0 ? bytes : Buffer.concat([this.#rest, bytes]);
    let offset = this.#end - this.#rest.length;
    let from = 0;
    const lines: Line[] = [];
    for (let newline = data.indexOf(NEWLINE); newline !== -1; newline = data.indexOf(NEWLINE, from)) {
      const end = offset + newline + 1 - from;
      const text = this.#skipped > 0 ? '' : data.toString('utf8', from, newline);
      lines.push({ text, start: offset - this.#skipped, end });
      this.#skipped = 0;
      from = newline + 1;
      offset = end;
    }
    this.#end += bytes.length;
    this.#rest = Buffer.from(data.subarray(from));
    if (this.#rest.length > LONGEST_BYTES) {
      this.#skipped += this.#rest.length;
      this.#rest = Buffer.alloc(0);
    }
    return lines;
  }
}
