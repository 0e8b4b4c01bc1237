import { readdir, stat } from 'node:fs/promises';
import path from 'node:path';
import { IncidentError } from '../domain/errors';
import { ourValuesIn, withoutOurValues, type OurValue } from '../domain/token-format';
import { readBytes, STDIN } from '../recordings/read-bytes';

export interface FoundValue extends OurValue {
  readonly file: string;
  readonly line: number;
}

/** What git keeps of files is packed, and found where it is checked out, as far as it is of now; its configuration is not. */
const PACKED = /(?:^|[/\\])\.git[/\\](?:.*[/\\])?(?:objects|lfs)$/;

/** Longer than any value of ours: one that lies across two pieces of a file is found in the second. */
const OVERLAP = 256;

/** The files in a folder and below, or the one that is named. @throws IncidentError SCAN_PLACE_UNREADABLE */
export async function* filesOf(place: string): AsyncGenerator<string> {
  // Not only files: what a shell puts in place of a command's output is none.
  if (place === STDIN || !(await stat(place).catch(unreadable(place))).isDirectory()) {
    yield place;
    return;
  }
  for (const entry of await readdir(place, { withFileTypes: true }).catch(unreadable(place))) {
    const inside = path.join(place, entry.name);
    if (entry.isFile() || (entry.isSymbolicLink() && (await isFile(inside)))) yield inside;
    else if (entry.isDirectory() && !PACKED.test(inside)) yield* filesOf(inside);
  }
}

/** What a link leads to: files of a mounted secret are such. Folders are found where they are, and could go round in a ring. */
async function isFile(link: string): Promise<boolean> {
  return (await stat(link).catch(() => undefined))?.isFile() ?? false;
}

/** Tokens and API keys of ours in one file, text or not, gzipped or not. @throws IncidentError SCAN_PLACE_UNREADABLE */
export async function* valuesIn(file: string): AsyncGenerator<FoundValue> {
  let [rest, line, searched] = ['', 1, 0];
  for await (const chunk of bytesOf(file)) {
    // One byte, one character: what lies in it is ASCII, whatever the rest is. Without zeros it is so in UTF-16, too, which PowerShell writes; where a zero ends a text, the length of a value does.
    const text = rest + chunk.toString('latin1').replaceAll('\0', '');
    for (const found of ourValuesIn(text)) {
      // What could go on in the next piece is looked at with it.
      const isWhole = found.at + found.value.length < text.length;
      if (isWhole && found.at + found.value.length > searched)
        yield { ...found, file, line: line + linesIn(text, found.at) };
    }
    const kept = Math.min(OVERLAP, text.length);
    line += linesIn(text, text.length - kept);
    rest = text.slice(text.length - kept);
    searched = kept - 1;
  }
  for (const found of ourValuesIn(rest)) {
    if (found.at + found.value.length === rest.length) yield { ...found, file, line: line + linesIn(rest, found.at) };
  }
}

function linesIn(text: string, end: number): number {
  let lines = 0;
  for (let at = text.indexOf('\n'); at >= 0 && at < end; at = text.indexOf('\n', at + 1)) lines += 1;
  return lines;
}

async function* bytesOf(file: string): AsyncGenerator<Buffer, void> {
  try {
    yield* readBytes(file);
  } catch (error) {
    if (!(error instanceof IncidentError)) throw error;
    throw faultOf(file, String(error.fields['reason']), error);
  }
}

function unreadable(place: string) {
  return (cause: NodeJS.ErrnoException): never => {
    throw faultOf(place, cause.code ?? 'unreadable', cause);
  };
}

/** A file may be called by a value. */
function faultOf(place: string, reason: string, cause: Error): IncidentError {
  return new IncidentError('SCAN_PLACE_UNREADABLE', { place: withoutOurValues(place), reason }, { cause });
}
