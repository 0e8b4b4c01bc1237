import { createPublicKey, sign, verify, type KeyObject } from 'node:crypto';
import { appendFile, readFile } from 'node:fs/promises';
import { z } from 'zod';
import { parseJson } from '../../domain/parse-json';
import type { AuditEntry } from './audit-chain';

const checkpoint = z.strictObject({
  /** The chain had this many entries, and its last one this hash. */
  seq: z.number().int().nonnegative(),
  head: z.string(),
  at: z.iso.datetime(),
  /** Ed25519 over the three others, base64. */
  signature: z.string(),
});

export type Checkpoint = z.infer<typeof checkpoint>;

/**
 * Says outside PostgreSQL how far the chain had come. Whoever owns the database can cut the chain's tail off, or make it anew with a
 * stolen chain key; against a signed checkpoint in a file both show.
 */
export interface CheckpointSink {
  write(seq: number, head: string): Promise<void>;
}

/** Appends to a file, one JSON line a checkpoint. `key` is an Ed25519 private key that the database never sees. */
export function createCheckpointFile(path: string, key: KeyObject): CheckpointSink {
  let last = -1;
  return {
    async write(seq, head) {
      if (seq === last) return;
      const content = { seq, head, at: new Date().toISOString() };
      const signature = sign(null, signedBytes(content), key).toString('base64');
      // One small append: POSIX keeps it whole, also with several writers.
      await appendFile(path, `${JSON.stringify({ ...content, signature })}\n`, { mode: 0o600 });
      last = seq;
    },
  };
}

export type CheckpointCheck =
  | { readonly ok: true; readonly checkpoints: number }
  | { readonly ok: false; readonly brokenAt: number; readonly reason: string };

/** The checkpoints written so far, unchecked; undefined: there is no file. Read them before the chain, or one written meanwhile is ahead of it. */
export async function readCheckpoints(path: string): Promise<string | undefined> {
  return readFile(path, 'utf8').catch(() => undefined);
}

/** Compares the chain with every checkpoint of `text`. `hashAt` gives the hash of an entry of the chain. */
export function checkCheckpoints(
  text: string | undefined,
  key: KeyObject,
  hashAt: (seq: number) => AuditEntry['hash'] | undefined,
): CheckpointCheck {
  const publicKey = key.type === 'private' ? createPublicKey(key) : key;
  // Whoever takes the file away would be safe otherwise.
  if (text === undefined) return { ok: false, brokenAt: 0, reason: 'the file of checkpoints can not be read' };
  const lines = text.split('\n').filter((line) => line !== '');
  for (const [index, line] of lines.entries()) {
    const parsed = checkpoint.safeParse(parseJson(line));
    if (
      !parsed.success ||
      !verify(null, signedBytes(parsed.data), publicKey, Buffer.from(parsed.data.signature, 'base64'))
    ) {
      return { ok: false, brokenAt: index + 1, reason: `checkpoint ${index + 1} is not signed by our key` };
    }
    const { seq, head } = parsed.data;
    const hash = hashAt(seq);
    if (hash === undefined)
      return { ok: false, brokenAt: seq, reason: 'the chain was cut off: a checkpoint has seen this entry' };
    if (hash !== head)
      return { ok: false, brokenAt: seq, reason: 'the chain was made anew: a checkpoint has seen another entry' };
  }
  return { ok: true, checkpoints: lines.length };
}

function signedBytes({ seq, head, at }: Omit<Checkpoint, 'signature'>): Buffer {
  return Buffer.from(`tourniquet audit checkpoint\n${seq}\n${head}\n${at}`, 'utf8');
}
