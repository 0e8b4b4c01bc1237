import ipaddr from 'ipaddr.js';
import { isWholeAddress } from '../domain/whole-address';

/** A network as 128 bits in four words (IPv4 mapped into IPv6), and how many of them count. */
export interface NetworkWords {
  readonly words: readonly [number, number, number, number];
  readonly bits: number;
}

/** Why a network is not taken from a list. */
export type NetworkFault = 'no-address' | 'too-broad' | 'not-public';

/**
 * The broadest networks a list may name: of the IPv4 Internet one in 256. A list with 0.0.0.0/0 in it, by mistake or by
 * malice, would name everybody.
 */
const BROADEST = { ipv4: 8, ipv6: 16 } as const;
/** Unique local addresses, fc00::/7, are all of one's own. */
const BROADEST_OF_OURS = { ipv4: 8, ipv6: 7 } as const;

/** Addresses that mean another machine at every place: no list of others knows ours. */
const NOT_PUBLIC: readonly string[] = [
  'unspecified',
  'broadcast',
  'multicast',
  'linkLocal',
  'loopback',
  'private',
  'carrierGradeNat',
  'uniqueLocal',
];

/** Of these, what a VPN or an office of ours may be seen by. */
const OF_OURS: readonly string[] = ['private', 'carrierGradeNat', 'uniqueLocal'];

const MAPPED_BITS = 96;
const MAPPED_WORD = 0xffff;

/** An address as a network of its own, or undefined for what is none, such as the masks in records. Allocates nothing for plain IPv4. */
export function addressWords(address: string): NetworkWords['words'] | undefined {
  const plain = plainIpv4(address);
  if (plain !== undefined) return [0, 0, MAPPED_WORD, plain];
  return isWholeAddress(address) ? wordsOf(ipaddr.process(address)) : undefined;
}

/** A CIDR range or an address of a list, with the bits outside its prefix cleared. `ofOurs`: a list of our own places may name private ones. */
export function networkWords(text: string, ofOurs = false): NetworkWords | NetworkFault {
  const [base = '', prefix, ...more] = text.split('/');
  if (more.length > 0 || !isWholeAddress(base)) return 'no-address';
  if (prefix !== undefined && !/^\d{1,3}$/.test(prefix)) return 'no-address';
  const written = ipaddr.parse(base);
  const address = ipaddr.process(base);
  const width = address.kind() === 'ipv4' ? 32 : 128;
  // ::ffff:192.0.2.0/120 is 192.0.2.0/24.
  const mapped = written.kind() === 'ipv6' && width === 32 ? MAPPED_BITS : 0;
  const bits = prefix === undefined ? width : Number(prefix) - mapped;
  if (bits > width || bits < 0) return 'no-address';
  const words = wordsOf(address);
  return takenNetwork({ words, bits: width === 32 ? bits + MAPPED_BITS : bits }, ofOurs);
}

/** A network with the bits outside its prefix cleared, or why a list may not name it; `ofOurs` as with `networkWords`. */
export function takenNetwork({ words, bits }: NetworkWords, ofOurs: boolean): NetworkWords | NetworkFault {
  const first = words.map((word, index) => masked(word, bits - index * 32)) as unknown as typeof words;
  const last = first.map((word, index) => withOnes(word, bits - index * 32)) as unknown as typeof words;
  const [range, isOneRange] = [rangeOf(first), rangeOf(first) === rangeOf(last)];
  const isOfOurs = ofOurs && isOneRange && OF_OURS.includes(range);
  if (!isOfOurs && isOneRange && NOT_PUBLIC.includes(range)) return 'not-public';
  const broadest = isOfOurs ? BROADEST_OF_OURS : BROADEST;
  if (bits < (isIpv4({ words, bits }) ? MAPPED_BITS + broadest.ipv4 : broadest.ipv6)) return 'too-broad';
  if (!isOfOurs && NOT_PUBLIC.includes(range)) return 'not-public';
  return { words: first, bits };
}

/** Whether an address means the same machine everywhere. */
export function isPublic(words: NetworkWords['words']): boolean {
  return !NOT_PUBLIC.includes(rangeOf(words));
}

/** How much of its Internet a network is, from 0 to 1; of IPv6 only 2000::/3 is given out. */
export function shareOf(network: NetworkWords): { readonly kind: 'ipv4' | 'ipv6'; readonly share: number } {
  return isIpv4(network)
    ? { kind: 'ipv4', share: 2 ** (MAPPED_BITS - network.bits) }
    : { kind: 'ipv6', share: 2 ** (3 - network.bits) };
}

function isIpv4({ words, bits }: NetworkWords): boolean {
  return words[0] === 0 && words[1] === 0 && words[2] === MAPPED_WORD && bits >= MAPPED_BITS;
}

function rangeOf(words: NetworkWords['words']): string {
  const bytes = words.flatMap((word) => [word >>> 24, (word >>> 16) & 255, (word >>> 8) & 255, word & 255]);
  const address = ipaddr.fromByteArray(bytes) as ipaddr.IPv6;
  return address.isIPv4MappedAddress() ? address.toIPv4Address().range() : address.range();
}

/** As people write it. */
export function formatNetwork({ words, bits }: NetworkWords): string {
  const bytes = words.flatMap((word) => [word >>> 24, (word >>> 16) & 255, (word >>> 8) & 255, word & 255]);
  const isOld = isIpv4({ words, bits });
  const address = ipaddr.fromByteArray(isOld ? bytes.slice(12) : bytes).toString();
  const [shown, width] = isOld ? [bits - MAPPED_BITS, 32] : [bits, 128];
  return shown === width ? address : `${address}/${shown}`;
}

function plainIpv4(text: string): number | undefined {
  let value = 0;
  let part = 0;
  let digits = 0;
  let dots = 0;
  for (let index = 0; index < text.length; index++) {
    const code = text.charCodeAt(index);
    if (code === 46) {
      if (digits === 0 || ++dots > 3) return undefined;
      value = value * 256 + part;
      part = 0;
      digits = 0;
    } else if (code >= 48 && code <= 57) {
      part = part * 10 + code - 48;
      if (++digits > 3 || part > 255) return undefined;
    } else return undefined;
  }
  return dots === 3 && digits > 0 ? value * 256 + part : undefined;
}

function wordsOf(address: ipaddr.IPv4 | ipaddr.IPv6): NetworkWords['words'] {
  if (address.kind() === 'ipv4') {
    const [a = 0, b = 0, c = 0, d = 0] = address.toByteArray();
    return [0, 0, MAPPED_WORD, ((a << 24) | (b << 16) | (c << 8) | d) >>> 0];
  }
  const { parts } = address as ipaddr.IPv6;
  const word = (index: number) => (((parts[index] ?? 0) << 16) | (parts[index + 1] ?? 0)) >>> 0;
  return [word(0), word(2), word(4), word(6)];
}

function masked(word: number, bits: number): number {
  if (bits >= 32) return word;
  return bits <= 0 ? 0 : (word & (0xffff_ffff << (32 - bits))) >>> 0;
}

function withOnes(word: number, bits: number): number {
  return bits >= 32 ? word : (word | (bits <= 0 ? 0xffff_ffff : 0xffff_ffff >>> bits)) >>> 0;
}
