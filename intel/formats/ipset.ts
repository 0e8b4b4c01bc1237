import { linesOf, ListUnreadable, NOT_UNDERSTOOD, type Entry, type IntelFormat } from './format';

/** A comment is one word of options, whatever it says; `ipset save` puts it in quotes, and a backslash before those within. */
const COMMENT = /\s+comment\s+"(?:[^"\\]|\\.)*"/g;

const KEYWORD = /^(?:create|add|flush|COMMIT|-N|-A)\b/;

/**
 * What `ipset save` writes: `add <set> <entry> [timeout <seconds>] …`. An entry of address and port names the address; one marked `nomatch` is an exception
 * from a broader one, which no list here can say, so that it is not understood.
 */
export const ipset: IntelFormat = { entries };

function* entries(text: string, _readAt: number, writtenAt: number): Generator<Entry> {
  let looksRight = false;
  for (const line of linesOf(text)) {
    if (line.startsWith('#')) continue;
    if (!looksRight && !KEYWORD.test(line)) throw new ListUnreadable('not what ipset save writes');
    looksRight = true;
    const [verb, , entry, ...options] = line.replace(COMMENT, '').split(/\s+/);
    if ((verb !== 'add' && verb !== '-A') || entry === undefined) continue;
    yield options.includes('nomatch') ? NOT_UNDERSTOOD : named(entry, options, writtenAt);
  }
}

function named(entry: string, options: readonly string[], writtenAt: number): Entry {
  const [address = ''] = entry.split(',', 1);
  const timeout = options[options.indexOf('timeout') + 1];
  // 0 is for ever.
  if (!options.includes('timeout') || timeout === '0') return { address };
  return timeout !== undefined && /^\d{1,9}$/.test(timeout)
    ? { address, until: writtenAt + Number(timeout) * 1000 }
    : NOT_UNDERSTOOD;
}
