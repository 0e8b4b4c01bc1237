import { parseJson } from '../domain/parse-json';

/**
 * The JSON values of a line: one, or several objects one right after the other, as when files of one object each were put together. What is no JSON is
 * one undefined value, and takes no other with it.
 */
export function jsonValues(line: string): readonly unknown[] {
  const whole = parseJson(line);
  return whole !== undefined || !line.includes('{', 1) ? [whole] : objectsIn(line).map(parseJson);
}

/** An object begins at a brace that none stands around, and ends where that is closed; what lies between or is left is a text of its own. */
function objectsIn(line: string): readonly string[] {
  const texts: string[] = [];
  let [depth, begin, isText] = [0, 0, false];
  const take = (end: number): void => {
    const text = line.slice(begin, end);
    if (text.trim() !== '') texts.push(text);
    begin = end;
  };
  for (let at = 0; at < line.length; at++) {
    const character = line[at];
    // Of a backslash in a text the next character is part.
    if (isText && character === '\\') at += 1;
    else if (character === '"') isText = !isText;
    else if (!isText && character === '{' && depth++ === 0) take(at);
    else if (!isText && character === '}' && depth > 0 && --depth === 0) take(at + 1);
  }
  take(line.length);
  return texts;
}
