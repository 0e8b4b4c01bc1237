import { linesOf, ListUnreadable, NOT_UNDERSTOOD, OTHER_MATTER, timeOf, type Entry, type IntelFormat } from './format';

/** Names of columns as published lists have them (abuse.ch, AlienVault OTX, DShield, MISP's CSV export), without case, blanks, `_` and `-`. */
const COLUMNS = {
  address: [
    'ip',
    'ipaddress',
    'dstip',
    'srcip',
    'address',
    'cidr',
    'network',
    'netblock',
    'indicator',
    'ioc',
    'iocvalue',
    'value',
  ],
  until: ['expires', 'expiry', 'expiration', 'expiresat', 'validuntil', 'until'],
  sources: ['sources', 'sourcecount', 'count', 'lists'],
} as const;

/** Digits with points, or hexadecimal ones with colons, or a range of such: not the hash of a file, nor a name of such letters. */
const LIKE_AN_ADDRESS = /^(?:\d+\.[\d.]*(?:[:/]\d+)?|[\d.a-fA-F]*:[\d.:a-fA-F]*(?:\/\d+)?)$/;
const LIKE_A_RANGE = /^(?:\d+\.[\d.]* *- *\d+\.[\d.]*|[\da-fA-F]*:[\d.:a-fA-F]* *- *[\da-fA-F]*:[\d.:a-fA-F]*)$/;

interface Columns {
  readonly address: number;
  readonly until: number;
  readonly sources: number;
}

/**
 * Comma-, semicolon- or tab-separated, with a header that says which column holds the address; the header may be the last comment before the
 * rows. In a column that holds indicators of all kinds, what is no address is another matter.
 */
export const csv: IntelFormat = { entries };

function* entries(text: string): Generator<Entry> {
  let columns: Columns | undefined;
  let separator = ',';
  for (const line of linesOf(text)) {
    if (!columns) {
      separator = separatorOf(line);
      columns = columnsOf(cellsOf(line.replace(/^#+\s*/, ''), separator));
      if (!columns && !line.startsWith('#')) throw new ListUnreadable('no header that names a column of addresses');
    } else if (!line.startsWith('#')) yield entryOf(cellsOf(line, separator), columns);
  }
  if (!columns) throw new ListUnreadable('no header that names a column of addresses');
}

function entryOf(cells: readonly string[], columns: Columns): Entry {
  // abuse.ch: address:port.
  const address = cells[columns.address]?.replace(/^(?:(\d+\.\d+\.\d+\.\d+)|\[([\da-f:.]+)\]):\d+$/i, '$1$2');
  if (address === undefined || address === '') return NOT_UNDERSTOOD;
  if (!LIKE_AN_ADDRESS.test(address) && !LIKE_A_RANGE.test(address)) return OTHER_MATTER;
  const until = cells[columns.until] ?? '';
  const at = until === '' ? undefined : timeOf(until);
  if (until !== '' && at === undefined) return NOT_UNDERSTOOD;
  const sources = cells[columns.sources] ?? '';
  return {
    address,
    ...(at === undefined ? {} : { until: at }),
    ...(/^\d{1,6}$/.test(sources) ? { sources: Number(sources) } : {}),
  };
}

function columnsOf(cells: readonly string[]): Columns | undefined {
  const names = cells.map((cell) => cell.toLowerCase().replace(/[\s_-]/g, ''));
  const find = (known: readonly string[]) => names.findIndex((name) => known.includes(name));
  const address = find(COLUMNS.address);
  return address === -1 ? undefined : { address, until: find(COLUMNS.until), sources: find(COLUMNS.sources) };
}

function separatorOf(line: string): string {
  return ['\t', ';'].find((candidate) => line.includes(candidate)) ?? ',';
}

/** A quote in quotes is written twice; no cell goes over a line's end. */
function cellsOf(line: string, separator: string): readonly string[] {
  if (!line.includes('"')) return line.split(separator).map((cell) => cell.trim());
  const cells: string[] = [];
  let cell = '';
  let quoted = false;
  for (let index = 0; index < line.length; index++) {
    const character = line.charAt(index);
    if (character === '"' && quoted && line.charAt(index + 1) === '"') cell += line.charAt(++index);
    else if (character === '"') quoted = !quoted;
    else if (character === separator && !quoted) {
      cells.push(cell.trim());
      cell = '';
    } else cell += character;
  }
  return [...cells, cell.trim()];
}
