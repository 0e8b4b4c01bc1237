import { readFile, stat } from 'node:fs/promises';
import { gunzipSync } from 'node:zlib';
import { IncidentError } from '../domain/errors';
import { isGzip } from '../domain/is-gzip';
import { NOT_YET_VALID } from './formats/format';
import { guessFormat, type IntelFormatName } from './formats/registry';
import { httpGet, textOf } from './http-get';
import { FETCH_LIMITS, type FetchedText, type ListSource } from './list-source';
import { collect, readList, type ReadList } from './read-list';
import { readCollection } from './taxii';

export interface FetchOptions {
  /** Milliseconds since the epoch: entries that have run out by then, or are not yet good, are left out. */
  readonly now: number;
  readonly signal: AbortSignal;
  /** Of the content we have. */
  readonly etag?: string | undefined;
}

export interface FetchedList extends ReadList {
  readonly etag?: string;
}

/**
 * Fetches a list and reads it; `unchanged` where the server says that it is the one `etag` stands for.
 * @throws IncidentError INTEL_LIST_UNREACHABLE, INTEL_LIST_UNREADABLE
 */
export async function fetchList(source: ListSource, options: FetchOptions): Promise<FetchedList | 'unchanged'> {
  const { from, format, access, ofOurs = false } = source;
  const { now, signal, etag } = options;
  if (format === 'taxii') return collect(await readCollection(from, { now, access, signal }), { goodAt: now, ofOurs });
  const got = from.startsWith('/') ? await readLocal(from) : await httpGet(from, { access, signal, etag });
  if (got === 'unchanged') return got;
  const list = readList(format, got.text, now, { ofOurs, writtenAt: got.writtenAt });
  // The same content names more once their time has come, so it has to be sent again.
  const changesByItself = (list.leftOut[NOT_YET_VALID] ?? 0) > 0;
  return { ...list, ...(got.etag === undefined || changesByItself ? {} : { etag: got.etag }) };
}

/** Reads a list from a file, gzipped or not. @throws IncidentError INTEL_LIST_UNREACHABLE, INTEL_LIST_UNREADABLE */
export async function readLocal(path: string): Promise<FetchedText> {
  let bytes: Buffer;
  let writtenAt: number;
  try {
    const { size, mtimeMs } = await stat(path);
    if (size > FETCH_LIMITS.bytes) throw tooLarge();
    writtenAt = Math.floor(mtimeMs);
    bytes = await readFile(path);
  } catch (error) {
    if (error instanceof IncidentError) throw error;
    throw new IncidentError('INTEL_LIST_UNREACHABLE', { fault: 'the file can not be read' });
  }
  return { text: textOf(isGzip(bytes) ? unzip(bytes) : bytes), writtenAt };
}

/** As `fetchList`, of a file whose format nobody said. */
export async function readUnnamed(
  path: string,
  now: number,
  goodAt = now,
): Promise<ReadList & { readonly format: IntelFormatName }> {
  const { text, writtenAt } = await readLocal(path);
  const format = guessFormat(path, text);
  return { ...readList(format, text, now, { goodAt, writtenAt }), format };
}

function unzip(bytes: Buffer): Buffer {
  try {
    return gunzipSync(bytes, { maxOutputLength: FETCH_LIMITS.bytes });
  } catch {
    throw new IncidentError('INTEL_LIST_UNREADABLE', { fault: 'no whole gzip file, or too large' });
  }
}

function tooLarge(): IncidentError {
  return new IncidentError('INTEL_LIST_UNREADABLE', { fault: `more than ${FETCH_LIMITS.bytes} bytes` });
}
