import { readBytes } from './read-bytes';

/** The lines of a file, those of one piece of it at once; without a byte-order mark, and a carriage return is part of no line. */
export async function* readLines(file: string): AsyncGenerator<readonly string[], void> {
  const decoder = new TextDecoder('utf-8');
  // Put together once, at the line's end: of a line of many pieces all would be copied with each.
  let rest: string[] = [];
  for await (const chunk of readBytes(file)) {
    const [first = '', ...others] = decoder.decode(chunk, { stream: true }).split('\n');
    rest.push(first);
    const last = others.pop();
    if (last === undefined) continue;
    yield [rest.join(''), ...others].map(withoutReturn);
    rest = [last];
  }
  const last = withoutReturn(rest.join('') + decoder.decode());
  if (last !== '') yield [last];
}

function withoutReturn(line: string): string {
  return line.endsWith('\r') ? line.slice(0, -1) : line;
}
