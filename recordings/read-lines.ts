import { readBytes } from './read-bytes';

/** The lines of a file, those of one piece of it at once; without a byte-order mark, and a carriage return is part of no line. */
export async function* readLines(file: string): AsyncGenerator<readonly string[], void> {
  const decoder = new TextDecoder('utf-8');
  let rest = '';
  for await (const chunk of readBytes(file)) {
    const lines = (rest + decoder.decode(chunk, { stream: true })).split(/\r?\n/);
    rest = lines.pop() ?? '';
    if (lines.length > 0) yield lines;
  }
  rest += decoder.decode();
  if (rest !== '') yield [rest];
}
