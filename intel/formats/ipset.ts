import { linesOf, ListUnreadable, NOT_UNDERSTOOD, type Entry, type IntelFormat } from './format';

/**
 * A comment is one word of options, whatever it says. `ipset save` puts it in quotes and marks nothing within, so that a backslash may be its last
 * character; others put one before quotes. One blank in front: of many, each would be tried.
 */
const COMMENT = /\scomment\s+"(?:(?:[^"\\]|\\.)*|[^"]*)"(?=\s|$)/g;

const KEYWORD = /^(?:create|add|flush|COMMIT|-N|-A)\b/;

/**
 * What `ipset save` writes: `add <set> <entry> [timeout <seconds>] …`. An entry of address and port names the address; one marked `nomatch` is an exception
 * from a broader one, which no list here can say, so that it is not understood.
 */
export const ipset: IntelFormat = { entries };

function* entries(text: string, _readAt: number, writtenAt: number): Generator<Entry> {
  const prefixes = new Map<string, string>();
  let looksRight = false;
  for (const line of linesOf(text)) {
    if (line.startsWith('#')) continue;
    if (!looksRight && !KEYWORD.test(line)) throw new ListUnreadable('not what ipset save writes');
    looksRight = true;
    const [verb, set = '', entry, ...options] = line.replace(COMMENT, '').split(/\s+/);
    // Sets of addresses with a netmask hold networks, and save them without it.
    if (verb === 'create') prefixes.set(set, prefixOf(options));
    if ((verb !== 'add' && verb !== '-A') || entry === undefined) continue;
    yield options.includes('nomatch') ? NOT_UNDERSTOOD : named(entry, prefixes.get(set) ?? '', options, writtenAt);
  }
}

function prefixOf(options: readonly string[]): string {
  const at = options.indexOf('netmask');
  return at === -1 ? '' : `/${options[at + 1]}`;
}

function named(entry: string, prefix: string, options: readonly string[], writtenAt: number): Entry {
  const [base = ''] = entry.split(',', 1);
  const address = `${base}${prefix}`;
  const timeout = options[options.indexOf('timeout') + 1];
  // 0 is for ever.
  if (!options.includes('timeout') || timeout === '0') return { address };
  return timeout !== undefined && /^\d{1,9}$/.test(timeout)
    ? { address, until: writtenAt + Number(timeout) * 1000 }
    : NOT_UNDERSTOOD;
}
