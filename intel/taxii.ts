import { z } from 'zod';
import { IncidentError } from '../domain/errors';
import { entriesOf } from './formats/stix';
import type { Entry } from './formats/format';
import { httpGet } from './http-get';
import { FETCH_LIMITS, type ListAccess } from './list-source';

/** TAXII 2.1, section 1.6.8.1: the media type, with its version. */
const MEDIA_TYPE = 'application/taxii+json;version=2.1';
/** Objects a page; a server may give fewer. */
const PAGE = 1_000;

/**
 * Section 5.4: a page of objects, and how to ask for the next. A server that has more need not say `next`: what it has added after the last object of the page is asked
 * for then, by the time that a header tells.
 */
const envelope = z.object({
  objects: z.array(z.unknown()).optional(),
  more: z.boolean().default(false),
  next: z.string().max(4_096).nullish(),
});

const ADDED_LAST = 'x-taxii-date-added-last';

/** By which parameter the next page is asked for. */
interface Next {
  readonly name: 'next' | 'added_after';
  readonly value: string;
}

/**
 * Reads all indicators of a TAXII 2.1 collection (`https://…/<api root>/collections/<id>/`), page by page, each in its newest version, which is what servers
 * give by default. All of them each time: an indicator that was revoked or deleted must not live on here.
 * @throws IncidentError INTEL_LIST_UNREACHABLE, INTEL_LIST_UNREADABLE
 */
export async function readCollection(
  collection: string,
  {
    now,
    access,
    signal,
  }: { readonly now: number; readonly access?: ListAccess | undefined; readonly signal: AbortSignal },
): Promise<readonly Entry[]> {
  const entries: Entry[] = [];
  const within = AbortSignal.any([signal, AbortSignal.timeout(FETCH_LIMITS.milliseconds)]);
  let left: number = FETCH_LIMITS.bytes;
  let next: Next | undefined;
  for (let page = 0; page < FETCH_LIMITS.pages; page++) {
    const got = await getPage(pageAddress(collection, next), access, within, left, signal);
    left -= got.bytes;
    for (const object of got.objects) entries.push(...entriesOf(object, now));
    if (!got.more) return entries;
    // The same word again is no fault: it may stand for a place in a session of the server's (medallion). What never ends has the bound of pages.
    if (!got.next || (got.next.name === 'added_after' && got.next.value === next?.value))
      throw unreadable('the server has more and does not say how to ask for it');
    next = got.next;
  }
  throw unreadable(`more than ${FETCH_LIMITS.pages} pages`);
}

async function getPage(
  url: string,
  access: ListAccess | undefined,
  within: AbortSignal,
  mostBytes: number,
  outer: AbortSignal,
) {
  try {
    const got = await httpGet(url, { access, accept: MEDIA_TYPE, signal: within, mostBytes });
    if (got === 'unchanged') throw unreadable('an answer that nobody asked for');
    const parsed = envelope.safeParse(parse(got.text));
    if (!parsed.success) throw unreadable('no TAXII 2.1 envelope');
    const { objects = [], more, next } = parsed.data;
    return { objects, more, next: nextOf(next ?? '', got.headers.get(ADDED_LAST) ?? ''), bytes: got.bytes };
  } catch (error) {
    if (error instanceof IncidentError || outer.aborted) throw error;
    throw new IncidentError('INTEL_LIST_UNREACHABLE', {
      fault: `not all pages within ${FETCH_LIMITS.milliseconds / 1000} s`,
    });
  }
}

function nextOf(next: string, addedLast: string): Next | undefined {
  if (next !== '') return { name: 'next', value: next };
  const at = Date.parse(addedLast);
  // Others may have been added at the same time as the last one, and "after" leaves them out. What comes twice is known.
  return Number.isNaN(at) ? undefined : { name: 'added_after', value: new Date(at - 1).toISOString() };
}

function pageAddress(collection: string, next: Next | undefined): string {
  const url = new URL(`${collection.replace(/\/+$/, '')}/objects/`);
  url.searchParams.set('match[type]', 'indicator');
  url.searchParams.set('limit', String(PAGE));
  if (next !== undefined) url.searchParams.set(next.name, next.value);
  return url.href;
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    throw unreadable('no JSON');
  }
}

function unreadable(fault: string): IncidentError {
  return new IncidentError('INTEL_LIST_UNREADABLE', { fault });
}
