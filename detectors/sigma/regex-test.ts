import safeRegex from 'safe-regex2';
import { textOf } from './record';

const FLAGS = new Set(['i', 'm', 's']);

/** At once, since a pattern such as `.*a.*b` takes the square of the length; what is longer is looked at piece by piece, which overlap. */
const PIECE = { length: 8_192, step: 7_168 } as const;

/**
 * Regular expressions run on text that others choose, so one with a repetition in a repetition is refused. One whose choices overlap (`(a|a)*`) is not recognised: see docs/detection.md.
 * @throws Error whose text is the reason
 */
export function regexTest(expected: unknown, flags: readonly string[]): (value: unknown) => boolean {
  if (typeof expected !== 'string') throw new Error('a regular expression that is no text');
  const unknown = flags.find((flag) => !FLAGS.has(flag));
  if (unknown) throw new Error(`the modifier ${unknown}`);
  // `(?i)` at the front is how other engines say it.
  const inline = /^\(\?([ims]+)\)/.exec(expected);
  const source = expected.slice(inline?.[0].length ?? 0);
  const pattern = new RegExp(source, [...new Set([...flags, ...(inline?.[1] ?? '')])].join(''));
  if (!safeRegex(pattern)) throw new Error('a regular expression that could take for ever');
  // Where it says where the text begins or ends, a piece from within would be taken for the whole.
  const mostPieces = /[\^$]/.test(source) ? 1 : Infinity;
  return (value) => {
    const text = textOf(value);
    return text !== undefined && isFoundIn(text, pattern, mostPieces);
  };
}

function isFoundIn(text: string, pattern: RegExp, mostPieces: number): boolean {
  if (text.length <= PIECE.length) return pattern.test(text);
  // Blanks are the cheapest way to push something out of sight.
  const packed = text.replace(/\s{2,}/g, ' ');
  for (let piece = 0; piece < mostPieces; piece++) {
    const from = piece * PIECE.step;
    if (pattern.test(packed.slice(from, from + PIECE.length))) return true;
    if (from + PIECE.length >= packed.length) return false;
  }
  return false;
}
