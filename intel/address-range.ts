import { isWholeAddress } from '../domain/whole-address';
import { addressWords, networkWords, takenNetwork, type NetworkFault, type NetworkWords } from './network-words';

const ADDRESS_BITS = 128;
const WORD_BITS = 32n;
const WORD_MASK = 0xffff_ffffn;
/** ::ffff:0:0, below which IPv4 lies. */
const IPV4_PREFIX = 0xffffn;

/** How many addresses a range may hold: as many as the broadest network that a list may name. */
const MOST_ADDRESSES = { ipv4: 1n << 24n, ipv6: 1n << 112n } as const;
/** Of unique local addresses, all. */
const MOST_OF_OURS = 1n << 121n;

/**
 * The networks that a text in a list names: an address, a CIDR range, or all addresses from one to another (`first-last`), which are the fewest networks
 * that hold them and no others. What may not be named stands among them by its reason. `ofOurs` as with `networkWords`.
 */
export function networksNamed(text: string, ofOurs = false): readonly (NetworkWords | NetworkFault)[] {
  const dash = text.indexOf('-');
  if (dash === -1) return [networkWords(text, ofOurs)];
  const [first, last] = [text.slice(0, dash), text.slice(dash + 1)].map((end) => numberOf(end.trim()));
  if (first === undefined || last === undefined || first > last || isIpv4(first) !== isIpv4(last))
    return ['no-address'];
  const most = isIpv4(first) ? MOST_ADDRESSES.ipv4 : ofOurs ? MOST_OF_OURS : MOST_ADDRESSES.ipv6;
  if (last - first >= most) return ['too-broad'];
  return [...networksBetween(first, last)].map((network) => takenNetwork(network, ofOurs));
}

/** Each the broadest that begins where the one before it ended and does not go beyond the last address. */
function* networksBetween(first: bigint, last: bigint): Generator<NetworkWords> {
  for (let begin = first; begin <= last;) {
    let free = 0n;
    while ((begin & (1n << free)) === 0n && begin + (2n << free) - 1n <= last) free += 1n;
    yield { words: wordsOf(begin), bits: ADDRESS_BITS - Number(free) };
    begin += 1n << free;
  }
}

function numberOf(address: string): bigint | undefined {
  const words = isWholeAddress(address) ? addressWords(address) : undefined;
  return words?.reduce((sum, word) => (sum << WORD_BITS) | BigInt(word), 0n);
}

function wordsOf(address: bigint): NetworkWords['words'] {
  const word = (fromRight: bigint) => Number((address >> (fromRight * WORD_BITS)) & WORD_MASK);
  return [word(3n), word(2n), word(1n), word(0n)];
}

function isIpv4(address: bigint): boolean {
  return address >> WORD_BITS === IPV4_PREFIX;
}
