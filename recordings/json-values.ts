import { parseJson } from '../domain/parse-json';

/**
 * The JSON values of a line: one, or several objects one right after the other, as when files of one object each were put together. What is no JSON is
 * one undefined value, and takes no other with it.
 */
export function jsonValues(line: string): readonly unknown[] {
  const whole = parseJson(line);
  return whole !== undefined || !line.includes('{', 1) ? [whole] : objectsIn(line).map(parseJson);
}

/** Where one brace is closed that none stands around an object ends; what is left at the end of the line is one more. */
function objectsIn(line: string): readonly string[] {
  const texts: string[] = [];
  let [depth, begin, isText] = [0, 0, false];
  for (let at = 0; at < line.length; at++) {
    const character = line[at];
    // Of a backslash in a text the next character is part.
    if (isText && character === '\\') at += 1;
    else if (character === '"') isText = !isText;
    else if (!isText && character === '{') depth += 1;
    else if (!isText && character === '}' && --depth === 0) {
      texts.push(line.slice(begin, at + 1));
      begin = at + 1;
    }
  }
  const rest = line.slice(begin);
  return rest.trim() === '' ? texts : [...texts, rest];
}
