import { createHash } from 'node:crypto';
import { addressWords, formatNetwork, isPublic, shareOf, type NetworkWords } from './network-words';

/** One network of a list. */
export interface ListedNetwork extends NetworkWords {
  /** Seconds since the epoch; 0 where the entry itself never runs out. */
  readonly until: number;
  /** 1 to 255: how many sources the list counts behind it. */
  readonly sources: number;
}

/** What is known of an address: the narrowest network that holds it and has not run out. */
export interface Found extends Pick<ListedNetwork, 'until' | 'sources'> {
  /** The address means another machine at every place: a network of the Internet that is so broad that it lies in it does not mean it. */
  readonly isPrivate: boolean;
}

/** Bytes of an entry: four words, until, bits, sources. */
const ENTRY_BYTES = 22;
const MAGIC = Buffer.from('TQNET1\n\0', 'latin1');
const NO_PARENT = -1;

/**
 * The networks of one list, sorted, in typed arrays: 26 bytes an entry, whatever the list. Two CIDR ranges are apart or one lies within the other, so the
 * ranges around an address are the last one that begins at or before it, and those around that.
 */
export class AddressSet {
  readonly #words: Uint32Array;
  readonly #until: Uint32Array;
  readonly #bits: Uint8Array;
  readonly #sources: Uint8Array;
  /** The next broader range around each entry. */
  readonly #parents: Int32Array;

  /** `at` gives them in the order of `canonical`, each network once; one after the other, since a million objects at once are 200 MB. */
  private constructor(size: number, at: (index: number) => ListedNetwork) {
    this.size = size;
    this.#words = new Uint32Array(4 * this.size);
    this.#until = new Uint32Array(this.size);
    this.#bits = new Uint8Array(this.size);
    this.#sources = new Uint8Array(this.size);
    this.#parents = new Int32Array(this.size);
    for (let index = 0; index < size; index++) {
      const { words, bits, until, sources } = at(index);
      this.#words.set(words, 4 * index);
      this.#until[index] = until;
      this.#bits[index] = bits;
      this.#sources[index] = sources;
    }
    let around = NO_PARENT;
    for (let index = 0; index < this.size; index++) {
      const words = this.#words.subarray(4 * index, 4 * index + 4);
      while (around !== NO_PARENT && !this.#holds(around, words)) around = this.#parents[around] ?? NO_PARENT;
      this.#parents[index] = around;
      around = index;
    }
  }

  /** How many networks it holds. */
  readonly size: number;

  /** Of networks in any order, also several times: the same networks give the same set. */
  static of(networks: Iterable<ListedNetwork>): AddressSet {
    const sorted = canonical(networks);
    return new AddressSet(sorted.length, (index) => sorted[index] as ListedNetwork);
  }

  /** What is known of `address` at a time (milliseconds since the epoch); undefined where nothing is, and for what is no address. */
  find(address: string, at: number): Found | undefined {
    const words = addressWords(address);
    if (!words) return undefined;
    let index = this.#lastNotAfter(words);
    while (index !== NO_PARENT) {
      const until = this.#until[index] ?? 0;
      const isGood = until === 0 || until * 1000 > at;
      if (isGood && this.#holds(index, words))
        return { until, sources: this.#sources[index] ?? 1, isPrivate: !isPublic(words) };
      index = this.#parents[index] ?? NO_PARENT;
    }
    return undefined;
  }

  /** How much it names of the Internet of IPv4 or of IPv6, whichever is more; from 0 to 1. */
  largestShare(): number {
    const sums = { ipv4: 0, ipv6: 0 };
    for (let index = 0; index < this.size; index++) {
      if (this.#parents[index] !== NO_PARENT) continue;
      const { kind, share } = shareOf({ words: this.#wordsOf(index), bits: this.#bits[index] ?? 0 });
      sums[kind] += share;
    }
    return Math.max(sums.ipv4, sums.ipv6);
  }

  /** As it is kept and named: the same networks give the same bytes. */
  encode(): Buffer {
    const bytes = Buffer.alloc(MAGIC.length + this.size * ENTRY_BYTES);
    MAGIC.copy(bytes);
    let offset = MAGIC.length;
    for (let index = 0; index < this.size; index++) {
      for (let word = 0; word < 4; word++) offset = bytes.writeUInt32BE(this.#words[4 * index + word] ?? 0, offset);
      offset = bytes.writeUInt32BE(this.#until[index] ?? 0, offset);
      offset = bytes.writeUInt8(this.#bits[index] ?? 0, offset);
      offset = bytes.writeUInt8(this.#sources[index] ?? 0, offset);
    }
    return bytes;
  }

  /** What `encode` gave, or undefined for anything else. */
  static decode(bytes: Buffer): AddressSet | undefined {
    const length = bytes.length - MAGIC.length;
    if (length < 0 || length % ENTRY_BYTES !== 0 || !bytes.subarray(0, MAGIC.length).equals(MAGIC)) return undefined;
    return new AddressSet(length / ENTRY_BYTES, (index) => read(bytes, index));
  }

  /** The networks in words of people, in order; for a person to look at. */
  *networks(): Generator<string> {
    for (let index = 0; index < this.size; index++)
      yield formatNetwork({ words: this.#wordsOf(index), bits: this.#bits[index] ?? 0 });
  }

  #wordsOf(index: number): NetworkWords['words'] {
    const [a = 0, b = 0, c = 0, d = 0] = this.#words.subarray(4 * index, 4 * index + 4);
    return [a, b, c, d];
  }

  #lastNotAfter(words: NetworkWords['words']): number {
    let low = 0;
    let high = this.size;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (this.#isAfter(middle, words)) high = middle;
      else low = middle + 1;
    }
    return low - 1;
  }

  #isAfter(index: number, words: NetworkWords['words']): boolean {
    for (let word = 0; word < 4; word++) {
      const mine = this.#words[4 * index + word] ?? 0;
      const other = words[word] ?? 0;
      if (mine !== other) return mine > other;
    }
    return false;
  }

  #holds(index: number, words: ArrayLike<number>): boolean {
    const bits = this.#bits[index] ?? 0;
    for (let word = 0; word < 4 && bits > 32 * word; word++) {
      const different = ((this.#words[4 * index + word] ?? 0) ^ (words[word] ?? 0)) >>> 0;
      const rest = bits - 32 * word;
      if (rest >= 32 ? different !== 0 : different >>> (32 - rest) !== 0) return false;
    }
    return true;
  }
}

/** The name of a content: see `intelList`. */
export function contentName(encoded: Buffer): string {
  return createHash('sha256').update(encoded).digest('hex');
}

function read(bytes: Buffer, index: number): ListedNetwork {
  const at = MAGIC.length + index * ENTRY_BYTES;
  const word = (nth: number) => bytes.readUInt32BE(at + 4 * nth);
  return {
    words: [word(0), word(1), word(2), word(3)],
    until: word(4),
    bits: bytes.readUInt8(at + 20),
    sources: bytes.readUInt8(at + 21),
  };
}

/** By address, the broader first. A network that is named twice counts with most sources and for the longest time. */
function canonical(networks: Iterable<ListedNetwork>): readonly ListedNetwork[] {
  const sorted = [...networks].sort(compare);
  const distinct: ListedNetwork[] = [];
  for (const network of sorted) {
    const last = distinct.at(-1);
    if (!last || compare(last, network) !== 0) distinct.push(network);
    else
      distinct[distinct.length - 1] = {
        ...last,
        until: last.until === 0 || network.until === 0 ? 0 : Math.max(last.until, network.until),
        sources: Math.max(last.sources, network.sources),
      };
  }
  return distinct;
}

function compare(a: NetworkWords, b: NetworkWords): number {
  for (let word = 0; word < 4; word++) {
    const difference = (a.words[word] ?? 0) - (b.words[word] ?? 0);
    if (difference !== 0) return difference;
  }
  return a.bits - b.bits;
}
