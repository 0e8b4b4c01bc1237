import { createReadStream } from 'node:fs';
import { pipeline, Readable } from 'node:stream';
import { createGunzip } from 'node:zlib';
import { IncidentError } from '../domain/errors';

/** The name of standard input among files. */
export const STDIN = '-';

const GZIP_MAGIC = Buffer.from([0x1f, 0x8b]);

/**
 * The content of a file or of standard input, unpacked where it is gzipped, whatever it is called.
 * @throws IncidentError RECORDING_UNREADABLE
 */
export async function* readBytes(file: string): AsyncGenerator<Buffer, void> {
  try {
    const packed = chunksOf(file);
    const head = await firstBytes(packed);
    const whole = Readable.from(prepend(head, packed));
    const isPacked = head.subarray(0, GZIP_MAGIC.length).equals(GZIP_MAGIC);
    // What breaks on the way is thrown by whoever reads the end of it.
    const content = isPacked ? pipeline(whole, createGunzip(), () => undefined) : whole;
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
  while (head.length < GZIP_MAGIC.length) {
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
