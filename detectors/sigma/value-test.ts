import ipaddr from 'ipaddr.js';
import { isWholeAddress } from '../../domain/whole-address';
import { textOf, valuesOf, type LogRecord } from './record';
import { regexTest } from './regex-test';
import { formsOf, isForm } from './text-forms';
import { textPattern, type Anchor } from './text-pattern';

/** Whether one value of a field is what the rule asks for; the record is for `fieldref`. */
export type ValueTest = (value: unknown, record: LogRecord) => boolean;

const ANCHORS = new Set<string>(['contains', 'startswith', 'endswith']);
const COMPARISONS: Readonly<Record<string, (a: number, b: number) => boolean>> = {
  lt: (a, b) => a < b,
  lte: (a, b) => a <= b,
  gt: (a, b) => a > b,
  gte: (a, b) => a >= b,
};
/** A number as logs write it; JavaScript would take hexadecimal digits and an empty text for numbers, too. */
const DECIMAL = /^\s*[+-]?(?:\d+(?:\.\d*)?|\.\d+)(?:e[+-]?\d+)?\s*$/i;

/**
 * The test of one value under its modifiers (`all`, `neq` and `exists` are the field's, see field-test.ts).
 * @throws Error whose text is the reason, for a modifier that is not known or a value that does not fit it
 */
export function valueTest(expected: unknown, modifiers: readonly string[]): ValueTest {
  const anchor = (modifiers.find((name) => ANCHORS.has(name)) ?? 'whole') as Anchor;
  const forms = modifiers.filter(isForm);
  const rest = modifiers.filter((name) => !ANCHORS.has(name) && !isForm(name) && name !== 'cased');
  const cased = modifiers.includes('cased');
  const [kind, ...flags] = rest;
  const isAnchored = anchor !== 'whole' && kind !== undefined && kind !== 'fieldref';
  if (isAnchored || (forms.length > 0 && kind !== undefined))
    throw new Error(`the modifiers ${modifiers.join(' and ')}`);
  switch (kind) {
    case undefined:
      return forms.length === 0 ? plainTest(expected, anchor, cased) : formTest(expected, forms, anchor, cased);
    case 're':
      return regexTest(expected, flags);
    case 'cidr':
      return cidrTest(expected);
    case 'fieldref':
      return fieldRefTest(expected, anchor, cased);
    default:
      return comparisonTest(expected, kind);
  }
}

function plainTest(expected: unknown, anchor: Anchor, cased: boolean): ValueTest {
  if (expected === null) return (value) => value === null || value === undefined;
  const wanted = textOf(expected);
  if (wanted === undefined) throw new Error('a value that is neither text nor number');
  const test = textPattern(wanted, anchor, cased);
  return (value) => {
    const text = textOf(value);
    return text !== undefined && test(text);
  };
}

function formTest(expected: unknown, modifiers: readonly string[], anchor: Anchor, cased: boolean): ValueTest {
  if (typeof expected !== 'string') throw new Error('a value that is no text, to be encoded');
  const tests = formsOf(expected, modifiers).map((form) => textPattern(form, anchor, cased));
  return (value) => {
    const text = textOf(value);
    return text !== undefined && tests.some((test) => test(text));
  };
}

function cidrTest(expected: unknown): ValueTest {
  if (typeof expected !== 'string' || !ipaddr.isValidCIDR(expected)) throw new Error('a network that is none');
  const range = ipaddr.parseCIDR(expected);
  return (value) => {
    if (typeof value !== 'string' || !isWholeAddress(value)) return false;
    const address = ipaddr.process(value);
    return address.kind() === range[0].kind() && address.match(range);
  };
}

function fieldRefTest(expected: unknown, anchor: Anchor, cased: boolean): ValueTest {
  if (typeof expected !== 'string') throw new Error('a reference that names no field');
  const fold = (text: string): string => (cased ? text : text.toLowerCase());
  const compare = { whole: (a: string, b: string) => a === b, ...ANCHORED }[anchor];
  return (value, record) => {
    const text = textOf(value);
    if (text === undefined) return false;
    return valuesOf(record, expected).some((other) => {
      const otherText = textOf(other);
      return otherText !== undefined && compare(fold(text), fold(otherText));
    });
  };
}

const ANCHORED = {
  contains: (a: string, b: string) => a.includes(b),
  startswith: (a: string, b: string) => a.startsWith(b),
  endswith: (a: string, b: string) => a.endsWith(b),
} as const;

function comparisonTest(expected: unknown, kind: string): ValueTest {
  const compare = Object.hasOwn(COMPARISONS, kind) ? COMPARISONS[kind] : undefined;
  if (!compare) throw new Error(`the modifier ${kind}`);
  const limit = Number(expected);
  if (typeof expected === 'boolean' || expected === null || Number.isNaN(limit))
    throw new Error('a limit that is no number');
  return (value) => {
    const text = textOf(value);
    return text !== undefined && DECIMAL.test(text) && compare(Number(text), limit);
  };
}
