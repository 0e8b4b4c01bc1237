/** What a list names, before anybody looked whether it is an address. */
export interface NamedAddress {
  readonly address: string;
  /** Milliseconds since the epoch. */
  readonly until?: number;
  /** How many sources the list counts behind it. */
  readonly sources?: number;
}

/** An entry that is about something else than an address, such as the hash of a file. */
export const OTHER_MATTER = 'other-matter';
/** An entry that could be about an address and says more than that, or can't be read. */
export const NOT_UNDERSTOOD = 'not-understood';
/** An entry that is understood, and good only from a time after the list was fetched. */
export const NOT_YET_VALID = 'not-yet-valid';

/** An entry that its author took back. */
export const REVOKED = 'revoked';

export type Entry = NamedAddress | typeof OTHER_MATTER | typeof NOT_UNDERSTOOD | typeof NOT_YET_VALID | typeof REVOKED;

/**
 * How a list is written. `entries` gives what stands in it, in order, and throws nothing but `ListUnreadable`, whatever the text; its work grows with the
 * text's length and not faster. `readAt`: when it was fetched, for entries that say from when they are good; `writtenAt`: when it was written, as
 * far as its source tells, for those that say how long.
 */
export interface IntelFormat {
  entries(text: string, readAt: number, writtenAt: number): Iterable<Entry>;
}

/** The text as a whole is no list of its format. The message is for a person and holds nothing of the text. */
export class ListUnreadable extends Error {
  override readonly name = 'ListUnreadable';
}

/** JSON of a list. @throws ListUnreadable */
export function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    throw new ListUnreadable('not JSON');
  }
}

/** A time in ISO 8601 or in seconds since the epoch; undefined for anything else. */
export function timeOf(text: string): number | undefined {
  if (/^\d{9,11}$/.test(text)) return Number(text) * 1000;
  if (!/^\d{4}-\d{2}-\d{2}/.test(text)) return undefined;
  // Lists give UTC; without a zone JavaScript would take the time of day for local.
  const zoned = /(?:Z|[+-]\d{2}:?\d{2})$/.test(text) || text.length <= 10 ? text : `${text.replace(' ', 'T')}Z`;
  const at = Date.parse(zoned);
  return Number.isNaN(at) ? undefined : at;
}

/** Lines without their ends, one after the other, without a copy of the whole. */
export function* linesOf(text: string): Generator<string> {
  for (let start = 0; start < text.length;) {
    const end = text.indexOf('\n', start);
    const stop = end === -1 ? text.length : end;
    const line = text.slice(start, stop).trim();
    if (line !== '') yield line;
    start = stop + 1;
  }
}
