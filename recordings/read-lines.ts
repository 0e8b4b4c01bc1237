import { IncidentError } from '../domain/errors';
import { readBytes } from './read-bytes';

/** V8's texts end at about so many characters. */
export const LONGEST_TEXT = 500_000_000;

/**
 * The lines of a file, those of one piece of it at once; without a byte-order mark, and a carriage return is part of no line.
 * @throws IncidentError RECORDING_UNREADABLE for a file that can't be read, or has a line that is too long to be held
 */
export async function* readLines(file: string): AsyncGenerator<readonly string[], void> {
  const decoder = new TextDecoder('utf-8');
  // Put together once, at the line's end: of a line of many pieces all would be copied with each.
  let rest: string[] = [];
  let length = 0;
  for await (const chunk of readBytes(file)) {
    const [first = '', ...others] = decoder.decode(chunk, { stream: true }).split('\n');
    rest.push(first);
    length += first.length;
    if (length > LONGEST_TEXT) throw tooLarge(file);
    const last = others.pop();
    if (last === undefined) continue;
    yield [rest.join(''), ...others].map(withoutReturn);
    rest = [last];
    length = last.length;
  }
  const last = withoutReturn(rest.join('') + decoder.decode());
  if (last !== '') yield [last];
}

function withoutReturn(line: string): string {
  return line.endsWith('\r') ? line.slice(0, -1) : line;
}

/** Of what must be held as one text. */
export function tooLarge(file: string): IncidentError {
  return new IncidentError('RECORDING_UNREADABLE', {
    file,
    reason: 'too large to be read at once: write one record a line',
  });
}
