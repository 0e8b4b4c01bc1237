import { NOT_UNDERSTOOD, OTHER_MATTER } from './format';

/** Objects whose value is an address, as patterns name them. */
const ADDRESS_PATHS: readonly string[] = [
  'ipv4-addr:value',
  'ipv6-addr:value',
  'network-traffic:dst_ref.value',
  'network-traffic:src_ref.value',
];

/** Types of a reference that say no more than that its value is an address. */
const ADDRESS_TYPES: readonly string[] = ['ipv4-addr', 'ipv6-addr'];

/** Longer ones are no list of addresses; most are below 200 characters. */
const LONGEST = 100_000;

/** One word of a pattern: brackets, a text in quotes, or anything up to a space or one of these. */
const WORD = /\s*(?:(?<mark>[[\](),=])|'(?<text>(?:[^'\\]|\\.)*)'|(?<word>[^\s[\](),='\\]+))/y;

interface Word {
  readonly kind: 'mark' | 'text' | 'word';
  readonly value: string;
}

/**
 * The addresses a STIX 2.1 pattern names, where it says no more than that one of them was seen: comparisons by `=`, `IN` and `ISSUBSET`, joined by `OR`, also
 * with such of other things, and by `AND` where that only says that it is an address. A pattern that asks for more (AND, FOLLOWEDBY, NOT, a time) names no
 * address by itself, and is not understood; one about other things than addresses is another matter.
 */
export function addressesIn(pattern: string): readonly string[] | typeof NOT_UNDERSTOOD | typeof OTHER_MATTER {
  if (!/(?:ipv4-addr|ipv6-addr|network-traffic):/.test(pattern)) return OTHER_MATTER;
  const words = pattern.length > LONGEST ? undefined : wordsOf(pattern);
  return words ? read(words) : NOT_UNDERSTOOD;
}

function wordsOf(pattern: string): readonly Word[] | undefined {
  const words: Word[] = [];
  WORD.lastIndex = 0;
  const end = pattern.trimEnd().length;
  while (WORD.lastIndex < end) {
    const { mark, text, word } = WORD.exec(pattern)?.groups ?? {};
    if (mark !== undefined) words.push({ kind: 'mark', value: mark });
    else if (text !== undefined) words.push({ kind: 'text', value: text.replace(/\\(.)/g, '$1') });
    else if (word !== undefined) words.push({ kind: 'word', value: word });
    else return undefined;
  }
  return words;
}

function read(words: readonly Word[]): readonly string[] | typeof NOT_UNDERSTOOD {
  const addresses: string[] = [];
  let depth = 0;
  for (let next = 0; next < words.length;) {
    const word = words[next];
    if (isMark(word, '[') || isMark(word, '(')) {
      depth += 1;
      next += 1;
      continue;
    }
    const comparison = readWithType(words, next);
    if (!comparison || depth === 0) return NOT_UNDERSTOOD;
    addresses.push(...comparison.addresses);
    next = comparison.next;
    while (isMark(words[next], ']') || isMark(words[next], ')')) {
      depth -= 1;
      next += 1;
    }
    if (next === words.length) break;
    if (!isWord(words[next], 'OR') || next === words.length - 1) return NOT_UNDERSTOOD;
    next += 1;
  }
  return depth === 0 && addresses.length > 0 ? addresses : NOT_UNDERSTOOD;
}

/** A comparison, also of a reference's value together with one that says that it is an address, whichever comes first. */
function readWithType(words: readonly Word[], start: number): ReturnType<typeof readComparison> {
  const first = readComparison(words, start);
  if (!first || !isWord(words[first.next], 'AND')) return first;
  const second = readComparison(words, first.next + 1);
  if (!second) return undefined;
  const [typeAt, valueAt] = first.addresses.length > 0 ? [first.next + 1, start] : [start, first.next + 1];
  const [path = '', type = ''] = [words[valueAt]?.value, words[typeAt + 2]?.value];
  const isOfReference = path.endsWith('_ref.value') && isWord(words[typeAt], path.replace(/value$/, 'type'));
  if (!isOfReference || !ADDRESS_TYPES.includes(type)) return undefined;
  return { addresses: [...first.addresses, ...second.addresses], next: second.next };
}

function readComparison(
  words: readonly Word[],
  start: number,
): { addresses: readonly string[]; next: number } | undefined {
  const [path, by, value] = [words[start], words[start + 1], words[start + 2]];
  if (path?.kind !== 'word') return undefined;
  if (!ADDRESS_PATHS.includes(path.value)) return otherComparison(words, start);
  if (isMark(by, '=') || isWord(by, 'ISSUBSET'))
    return value?.kind === 'text' ? { addresses: [value.value], next: start + 3 } : undefined;
  if (!isWord(by, 'IN') || !isMark(value, '(')) return undefined;
  const addresses: string[] = [];
  for (let next = start + 3; ; next += 2) {
    const item = words[next];
    if (item?.kind !== 'text') return undefined;
    addresses.push(item.value);
    if (isMark(words[next + 1], ')')) return { addresses, next: next + 2 };
    if (!isMark(words[next + 1], ',')) return undefined;
  }
}

/** Of a name, a port or the like; a path may end with a text, such as `file:hashes.'SHA-256'`. */
function otherComparison(words: readonly Word[], start: number): ReturnType<typeof readComparison> {
  if (!/^[a-z0-9-]+:/.test(words[start]?.value ?? '')) return undefined;
  const at = words[start + 1]?.kind === 'text' ? start + 2 : start + 1;
  const isPlain = isMark(words[at], '=') && ['text', 'word'].includes(words[at + 1]?.kind ?? '');
  return isPlain ? { addresses: [], next: at + 2 } : undefined;
}

function isMark(word: Word | undefined, mark: string): boolean {
  return word?.kind === 'mark' && word.value === mark;
}

function isWord(word: Word | undefined, value: string): boolean {
  return word?.kind === 'word' && word.value === value;
}
