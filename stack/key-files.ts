import { createPublicKey, generateKeyPairSync, randomBytes } from 'node:crypto';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

export interface KeyFiles {
  readonly sealing: string;
  readonly fingerprint: string;
  readonly audit: string;
  readonly hook: string;
  readonly checkpoint: string;
  readonly approval: string;
  readonly approvalPublic: string;
  readonly payload: string;
  readonly codecToken: string;
}

/** Makes the keys of a local deployment, readable by their owner only. Keys that exist are kept: what they sealed must open. */
export async function makeKeyFiles(directory: string): Promise<KeyFiles> {
  await mkdir(directory, { recursive: true, mode: 0o700 });
  const approval = await makeSecretFile(directory, 'approval.pem', signingKey());
  return {
    sealing: await makeSecretFile(directory, 'sealing.key', randomBytes(32).toString('base64')),
    fingerprint: await makeSecretFile(directory, 'fingerprint.keys', `k1 ${randomBytes(32).toString('base64')}`),
    audit: await makeSecretFile(directory, 'audit.key', randomBytes(32).toString('base64')),
    approval,
    approvalPublic: await makeSecretFile(directory, 'approval.pub.pem', await publicHalf(approval)),
    checkpoint: await makeSecretFile(directory, 'checkpoint.pem', signingKey()),
    payload: await makeSecretFile(directory, 'payload.keys', `p1 ${randomBytes(32).toString('base64')}`),
    codecToken: await makeSecretFile(directory, 'codec.token', randomBytes(32).toString('base64url')),
    hook: await makeSecretFile(directory, 'hook.key', randomBytes(32).toString('base64url')),
  };
}

function signingKey(): string {
  return generateKeyPairSync('ed25519').privateKey.export({ type: 'pkcs8', format: 'pem' }).toString().trim();
}

async function publicHalf(privateKeyFile: string): Promise<string> {
  const pem = await readFile(privateKeyFile, 'utf8');
  return createPublicKey(pem).export({ type: 'spki', format: 'pem' }).toString().trim();
}

/** Writes a secret to a file of mode 0600 unless the file exists; returns its path. */
export async function makeSecretFile(directory: string, name: string, value: string): Promise<string> {
  const path = join(directory, name);
  await writeFile(path, `${value}\n`, { mode: 0o600, flag: 'wx' }).catch((error: NodeJS.ErrnoException) => {
    if (error.code !== 'EEXIST') throw error;
  });
  return path;
}
