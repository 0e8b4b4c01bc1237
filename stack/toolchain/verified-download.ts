import { createHash } from 'node:crypto';
import { createWriteStream } from 'node:fs';
import { rm } from 'node:fs/promises';
import { Readable, Transform } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { EnvHttpProxyAgent, fetch } from 'undici';
import { messageOf, StackError } from '../stack-error';

/** Where downloads are closed this has to fail fast, since the next source is being waited for. */
const CONNECT_TIMEOUT_MS = 5_000;
const STALL_TIMEOUT_MS = 15_000;

/** Fetches `archive` to `target` and keeps it only if its SHA-256 is the one that `checksums` names for it. */
export async function verifiedDownload(archive: string, checksums: string, target: string): Promise<void> {
  const agent = new EnvHttpProxyAgent({
    connect: { timeout: CONNECT_TIMEOUT_MS },
    headersTimeout: STALL_TIMEOUT_MS,
    bodyTimeout: STALL_TIMEOUT_MS,
  });
  try {
    const list = await get(checksums, agent);
    const wanted = checksumOf(await list.text(), archive.slice(archive.lastIndexOf('/') + 1));
    const hash = createHash('sha256');
    const body = (await get(archive, agent)).body;
    if (!body) throw new StackError('DOWNLOAD_FAILED', `${archive} is empty`);
    const hashing = new Transform({
      transform(chunk: Buffer, _encoding, done) {
        hash.update(chunk);
        done(null, chunk);
      },
    });
    await pipeline(Readable.fromWeb(body), hashing, createWriteStream(target));
    const got = hash.digest('hex');
    if (got !== wanted) throw new StackError('DOWNLOAD_FAILED', `${archive} has SHA-256 ${got}, not ${wanted}`);
  } catch (error) {
    await rm(target, { force: true });
    throw error instanceof StackError ? error : new StackError('DOWNLOAD_FAILED', reasonOf(error), { cause: error });
  } finally {
    await agent.destroy().catch(() => undefined);
  }
}

async function get(url: string, dispatcher: EnvHttpProxyAgent) {
  const answer = await fetch(url, { dispatcher });
  if (!answer.ok) throw new StackError('DOWNLOAD_FAILED', `${url} answered ${answer.status}`);
  return answer;
}

/** The checksum of one file in the format of sha256sum(1). */
export function checksumOf(list: string, file: string): string {
  for (const line of list.split('\n')) {
    const match = /^(?<sum>[0-9a-f]{64}) [ *]?(?<name>\S+)$/i.exec(line.trim());
    if (match?.groups?.['name'] === file) return (match.groups['sum'] ?? '').toLowerCase();
  }
  throw new StackError('DOWNLOAD_FAILED', `the release's checksum file does not name ${file}`);
}

/** fetch hides the reason ("Could not resolve host") in the cause. */
function reasonOf(error: unknown): string {
  const cause = error instanceof Error ? error.cause : undefined;
  return cause === undefined ? messageOf(error) : messageOf(cause);
}
