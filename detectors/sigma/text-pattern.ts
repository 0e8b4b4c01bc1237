/** Where in a text a pattern has to be found. */
export type Anchor = 'whole' | 'contains' | 'startswith' | 'endswith';

type Part = { readonly text: string } | 'any' | 'one';

export type TextTest = (text: string) => boolean;

/**
 * A Sigma string: `*` stands for anything and `?` for one character, both literal after a backslash; a backslash before anything else is
 * itself (Sigma specification, "Escaping"). Without regard to case unless `cased`.
 */
export function textPattern(pattern: string, anchor: Anchor, cased = false): TextTest {
  const parts = partsOf(cased ? pattern : pattern.toLowerCase());
  const literal = literalOf(parts);
  const test = literal === undefined ? wildcardTest(parts, anchor) : literalTest(literal, anchor);
  return cased ? test : (text) => test(text.toLowerCase());
}

function literalTest(literal: string, anchor: Anchor): TextTest {
  switch (anchor) {
    case 'contains':
      return (text) => text.includes(literal);
    case 'startswith':
      return (text) => text.startsWith(literal);
    case 'endswith':
      return (text) => text.endsWith(literal);
    case 'whole':
      return (text) => text === literal;
  }
}

/** Of a character that takes two units in JavaScript's texts, a half of which is no character that `?` could stand for. */
const PAIR = /[\uD800-\uDBFF][\uDC00-\uDFFF]/;

function wildcardTest(parts: readonly Part[], anchor: Anchor): TextTest {
  const test = segmentsTest(parts, anchor, 1);
  if (!parts.includes('one')) return test;
  const widened = parts.map((part) => (typeof part === 'string' ? part : { text: widen(part.text) }));
  const wideTest = segmentsTest(widened, anchor, 2);
  return (text) => (PAIR.test(text) ? wideTest(widen(text)) : test(text));
}

/** Every character two units long. */
function widen(text: string): string {
  return Array.from(text, (character) => character.padEnd(2, '\0')).join('');
}

/** Segments between `*` are looked for one after the other, the first possible each: linear in practice, and no backtracking. */
function segmentsTest(parts: readonly Part[], anchor: Anchor, width: 1 | 2): TextTest {
  const open: readonly Part[] = ['any'];
  const before = anchor === 'contains' || anchor === 'endswith' ? open : [];
  const after = anchor === 'contains' || anchor === 'startswith' ? open : [];
  const segments = split([...before, ...parts, ...after]);
  const [first = [], last = []] = [segments[0], segments.at(-1)];
  if (segments.length === 1) return (text) => lengthOf(first, width) === text.length && fits(first, text, 0, width);
  const middle = segments.slice(1, -1);
  return (text) => {
    let from = lengthOf(first, width);
    const end = text.length - lengthOf(last, width);
    if (from > end || !fits(first, text, 0, width) || !fits(last, text, end, width)) return false;
    for (const segment of middle) {
      const found = find(segment, text, from, end, width);
      if (found === -1) return false;
      from = found + lengthOf(segment, width);
    }
    return true;
  };
}

function find(segment: readonly Part[], text: string, from: number, end: number, width: number): number {
  const length = lengthOf(segment, width);
  for (let at = from; at + length <= end; at += width) if (fits(segment, text, at, width)) return at;
  return -1;
}

function fits(segment: readonly Part[], text: string, at: number, width: number): boolean {
  let from = at;
  for (const part of segment) {
    if (part === 'one' || part === 'any') from += width;
    else if (text.startsWith(part.text, from)) from += part.text.length;
    else return false;
  }
  return true;
}

function lengthOf(segment: readonly Part[], width: number): number {
  return segment.reduce((sum, part) => sum + (typeof part === 'string' ? width : part.text.length), 0);
}

function split(parts: readonly Part[]): readonly (readonly Part[])[] {
  const segments: Part[][] = [[]];
  for (const part of parts) {
    if (part === 'any') segments.push([]);
    else segments.at(-1)?.push(part);
  }
  return segments;
}

function literalOf(parts: readonly Part[]): string | undefined {
  const [only = { text: '' }] = parts;
  return parts.length <= 1 && typeof only !== 'string' ? only.text : undefined;
}

function partsOf(pattern: string): readonly Part[] {
  const parts: Part[] = [];
  let text = '';
  const flush = (): void => {
    if (text !== '') parts.push({ text });
    text = '';
  };
  for (let at = 0; at < pattern.length; at++) {
    const [char = '', next = ''] = [pattern[at], pattern[at + 1]];
    if (char === '\\' && next !== '' && '*?\\'.includes(next)) {
      text += next;
      at += 1;
    } else if (char === '*' || char === '?') {
      flush();
      parts.push(char === '*' ? 'any' : 'one');
    } else text += char;
  }
  flush();
  return parts;
}
