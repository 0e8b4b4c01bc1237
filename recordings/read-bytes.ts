import { createReadStream } from 'node:fs';
import { pipeline, Readable } from 'node:stream';
import { createGunzip } from 'node:zlib';
import { IncidentError } from '../domain/errors';
import { isGzip } from '../domain/is-gzip';

/** The name of standard input among files. */
export const STDIN = '-';

/** As many bytes tell a gzipped file. */
const HEAD_BYTES = 2;

/**
 * The content of a file or of standard input, unpacked where it is gzipped, whatever it is called.
 * @throws IncidentError RECORDING_UNREADABLE
 */
export async function* readBytes(file: string): AsyncGenerator<Buffer, void> {
  try {
    const packed = chunksOf(file);
    const head = await firstBytes(packed);
    const whole = Readable.from(prepend(head, packed));
    // What breaks on the way is thrown by whoever reads the end of it.
    const content = isGzip(head) ? pipeline(whole, createGunzip(), () => undefined) : whole;
    for await (const chunk of content) yield chunk as Buffer;
  } catch (cause) {
    if (cause instanceof IncidentError) throw cause;
    const reason = (cause as NodeJS.ErrnoException).code ?? 'unreadable';
    throw new IncidentError('RECORDING_UNREADABLE', { file, reason }, { cause });
  }
}

function chunksOf(file: string): AsyncIterator<Buffer> {
  const source: AsyncIterable<Buffer> = file === STDIN ? process.stdin : createReadStream(file);
  return source[Symbol.asyncIterator]();
}

/** Enough to tell what it is. */
async function firstBytes(chunks: AsyncIterator<Buffer>): Promise<Buffer> {
  let head: Buffer = Buffer.alloc(0);
  while (head.length < HEAD_BYTES) {
    const next = await chunks.next();
    if (next.done) break;
    head = Buffer.concat([head, next.value]);
  }
  return head;
}

async function* prepend(head: Buffer, rest: AsyncIterator<Buffer>): AsyncGenerator<Buffer, void> {
  yield head;
  for (let next = await rest.next(); !next.done; next = await rest.next()) yield next.value;
}
