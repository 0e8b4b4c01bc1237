import { readFileSync } from 'node:fs';
import { endianness } from 'node:os';
import ipaddr from 'ipaddr.js';
import { isWholeAddress } from '../../domain/whole-address';

/** ASN by [sapics/ip-location-db](https://github.com/sapics/ip-location-db): Route Views and DB-IP, CC BY 4.0. Lines `from,to,system,operator`, in order. */
const PACKAGE = '@ip-location-db/asn';

/** As numbers; of IPv6 the first 64 bits, within which hardly anybody is routed elsewhere. */
interface Ranges {
  readonly from: BigUint64Array;
  readonly to: BigUint64Array;
  readonly asn: Uint32Array;
}

/** Which autonomous system an address is routed by; 0 where nobody says. */
export type AsnTable = (address: string) => number;

/** Reads the table of the package, byte by byte: a worker that starts again after a crash must not be held up by it. */
export function openAsnTable(): AsnTable {
  const v4 = readRanges('asn-ipv4-num.csv', readDecimal);
  const v6 = readRanges('asn-ipv6.csv', readUpperBits);
  return (address) => {
    if (!isWholeAddress(address)) return 0;
    const parsed = ipaddr.process(address);
    const bytes = Buffer.from(parsed.toByteArray());
    return parsed.kind() === 'ipv4' ? find(v4, BigInt(bytes.readUInt32BE())) : find(v6, bytes.readBigUInt64BE());
  };
}

/** Where the next field begins, and what this one says, in halves of 32 bits. */
interface Read {
  next: number;
  high: number;
  low: number;
}

const [NEWLINE, COMMA, COLON] = [10, 44, 58];

function readRanges(file: string, read: (text: Buffer, at: number, into: Read) => void): Ranges {
  const text = readFileSync(require.resolve(`${PACKAGE}/${file}`));
  let lines = 0;
  for (let at = text.indexOf(NEWLINE); at !== -1; at = text.indexOf(NEWLINE, at + 1)) lines++;
  const ranges = { from: new BigUint64Array(lines), to: new BigUint64Array(lines), asn: new Uint32Array(lines) };
  const [from, to] = [new DataView(ranges.from.buffer), new DataView(ranges.to.buffer)];
  const field: Read = { next: 0, high: 0, low: 0 };
  for (let line = 0; line < lines; line++) {
    read(text, field.next, field);
    write(from, line, field);
    read(text, field.next, field);
    write(to, line, field);
    readDecimal(text, field.next, field);
    ranges.asn[line] = field.low;
    field.next = text.indexOf(NEWLINE, field.next) + 1;
  }
  return ranges;
}

const IS_LITTLE = endianness() === 'LE';

/** A BigInt for each would take as long as all the rest. */
function write(numbers: DataView, index: number, { high, low }: Read): void {
  numbers.setUint32(8 * index + (IS_LITTLE ? 0 : 4), low, IS_LITTLE);
  numbers.setUint32(8 * index + (IS_LITTLE ? 4 : 0), high, IS_LITTLE);
}

function readDecimal(text: Buffer, at: number, into: Read): void {
  let value = 0;
  let index = at;
  for (let byte = text[index]; byte !== undefined && byte !== COMMA; byte = text[++index])
    value = value * 10 + byte - 48;
  into.low = value;
  into.next = index + 1;
}

const groups = new Uint16Array(8);

/** Of an IPv6 address: its first four groups. */
function readUpperBits(text: Buffer, at: number, into: Read): void {
  let [count, gap, index] = [0, -1, at];
  groups.fill(0);
  for (let byte = text[index]; byte !== undefined && byte !== COMMA; byte = text[++index]) {
    if (byte !== COLON) groups[count] = (groups[count] ?? 0) * 16 + (byte < COLON ? byte - 48 : (byte | 32) - 87);
    else if (text[index + 1] === COLON) {
      count++;
      gap = count;
      index++;
    } else count++;
  }
  // What stands after `::` belongs to the end.
  const after = gap === -1 ? 0 : count - gap + (text[index - 1] === COLON ? 0 : 1);
  if (gap !== -1) groups.copyWithin(8 - after, gap, gap + after).fill(0, gap, 8 - after);
  const [first = 0, second = 0, third = 0, fourth = 0] = groups;
  into.high = first * 65_536 + second;
  into.low = third * 65_536 + fourth;
  into.next = index + 1;
}

function find({ from, to, asn }: Ranges, value: bigint): number {
  let [low, high] = [0, from.length - 1];
  while (low <= high) {
    const middle = (low + high) >>> 1;
    if ((from[middle] ?? 0n) > value) high = middle - 1;
    else low = middle + 1;
  }
  return high >= 0 && (to[high] ?? 0n) >= value ? (asn[high] ?? 0) : 0;
}
