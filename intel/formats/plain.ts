import { linesOf, OTHER_MATTER, type Entry, type IntelFormat } from './format';

const IPV4 = String.raw`\d{1,3}(?:\.\d{1,3}){3}`;
const ADDRESS = String.raw`(?:${IPV4}|[\da-f]{0,4}:[\da-f.:]{1,41})`;
const RANGE = new RegExp(
  String.raw`^(?<first>${ADDRESS})\s{0,9}-\s{0,9}(?<last>${ADDRESS})(?:[\s,](?<behind>.*))?$`,
  'i',
);
/** P2P lists: whose it is, a colon, and the range. */
const NAMED_RANGE = new RegExp(String.raw`:\s{0,9}(?<first>${IPV4})\s{0,9}-\s{0,9}(?<last>${IPV4})$`);
/** eMule's `first - last , level , name`: what is above this level is let through. */
const LEVEL = /^[\s,]{0,9}(?<level>\d{1,3})\s{0,9},/;
const MOST_REFUSED_LEVEL = 127;
/** DShield's `first <tab> last <tab> prefix <tab> attacks …`; how many attacks there were says nothing of how many saw them. */
const DSHIELD_ROW = new RegExp(String.raw`^(?<first>${ADDRESS})\t(?<last>${ADDRESS})\t\d{1,3}(?:\t|$)`, 'i');
const DSHIELD_HEADER = /^Start\tEnd\t/i;

/**
 * One address, CIDR range or range `first-last` a line, as most lists are published (FireHOL's .ipset and .netset, P2P lists and DShield's block list among
 * them). What follows `#` or `;` is for people, a number in a second column says how many sources name it (stamparm/ipsum).
 */
export const plain: IntelFormat = { entries };

function* entries(text: string): Generator<Entry> {
  for (const line of linesOf(text)) {
    const [before = ''] = line.split(/[#;]/, 1);
    const said = before.trim();
    if (said !== '' && !DSHIELD_HEADER.test(said)) yield rangeIn(said) ?? addressIn(said);
  }
}

function addressIn(said: string): Entry {
  const [address = '', count] = said.split(/[\s,]+/, 2);
  return { address, ...sourcesIn(count) };
}

function rangeIn(said: string): Entry | undefined {
  const { first, last, behind = '' } = (DSHIELD_ROW.exec(said) ?? RANGE.exec(said) ?? namedRange(said))?.groups ?? {};
  if (first === undefined || last === undefined) return undefined;
  const address = `${unpadded(first)}-${unpadded(last)}`;
  const { level } = LEVEL.exec(behind)?.groups ?? {};
  if (level !== undefined) return Number(level) > MOST_REFUSED_LEVEL ? OTHER_MATTER : { address };
  return { address, ...sourcesIn(behind.trim().split(/[\s,]+/, 1)[0]) };
}

/** A line that begins with an address is about that one. */
function namedRange(said: string): RegExpExecArray | null {
  return /^[\d.]+(?:[\s,/]|$)/.test(said) ? null : NAMED_RANGE.exec(said);
}

function sourcesIn(count: string | undefined): { readonly sources?: number } {
  return count !== undefined && /^\d{1,6}$/.test(count) ? { sources: Number(count) } : {};
}

/** `001.002.003.004`, as eMule writes 1.2.3.4: with all parts of three digits it is no octal number. */
function unpadded(address: string): string {
  return /^\d{3}(?:\.\d{3}){3}$/.test(address) ? address.split('.').map(Number).join('.') : address;
}
