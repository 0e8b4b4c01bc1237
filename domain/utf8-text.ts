const FIRST_BYTES = 64 * 1024;
/** Of a text that was once far longer than the others nothing is kept. */
const MOST_KEPT_BYTES = 8 * 1024 * 1024;
/** Of one UTF-16 unit. */
const MOST_BYTES = 3;

/**
 * A long text, put together piece by piece as UTF-8 in memory that is used again and again. As a string it would be a large object, which V8 keeps from its first scavenge on until it
 * collects everything: some 3 MB a second of snapshots were (2026-12-01).
 */
export class Utf8Text {
  #bytes = Buffer.allocUnsafe(FIRST_BYTES);
  #length = 0;

  /** Bytes. */
  get length(): number {
    return this.#length;
  }

  clear(): void {
    this.#length = 0;
    if (this.#bytes.length > MOST_KEPT_BYTES) this.#bytes = Buffer.allocUnsafe(FIRST_BYTES);
  }

  append(text: string): void {
    this.#makeRoom(text.length * MOST_BYTES);
    this.#length += this.#bytes.write(text, this.#length);
  }

  /** Not a copy: it is what is appended next that it holds after `clear`. */
  get bytes(): Buffer {
    return this.#bytes.subarray(0, this.#length);
  }

  toString(): string {
    return this.bytes.toString('utf8');
  }

  #makeRoom(bytes: number): void {
    const needed = this.#length + bytes;
    if (needed <= this.#bytes.length) return;
    const larger = Buffer.allocUnsafe(Math.max(needed, 2 * this.#bytes.length));
    this.#bytes.copy(larger, 0, 0, this.#length);
    this.#bytes = larger;
  }
}
