import { parseJson } from '../domain/parse-json';

/**
 * The JSON values of a line: one, or several objects one right after the other, as when files of one object each were put together. A line that is no
 * JSON is one undefined value.
 */
export function jsonValues(line: string): readonly unknown[] {
  const whole = parseJson(line);
  if (whole !== undefined || !/\}\s*\{/.test(line)) return [whole];
  const texts = objectsIn(line);
  const values = texts?.map(parseJson) ?? [];
  return values.length === 0 || values.includes(undefined) ? [undefined] : values;
}

/** Where one brace is closed that none stands around. Undefined when that is not so at the end of the line. */
function objectsIn(line: string): readonly string[] | undefined {
  const texts: string[] = [];
  let [depth, begin] = [0, 0];
  // A string as a whole: braces in it are text.
  for (const { 0: token, index } of line.matchAll(/"(?:[^"\\]|\\.)*"|[{}]/g)) {
    if (token === '{') depth += 1;
    if (token === '}') depth -= 1;
    if (token !== '}' || depth > 0) continue;
    texts.push(line.slice(begin, index + 1));
    begin = index + 1;
  }
  return depth === 0 && line.slice(begin).trim() === '' ? texts : undefined;
}
