import { createPrivateKey, type KeyObject } from 'node:crypto';
import { IncidentError } from '../domain/errors';
import type { FingerprintKey } from '../domain/fingerprint';
import { isSubject } from '../domain/subject';
import { readSecretFile } from './config';

const KEY_BYTES = 32;

/** A key file: 32 bytes in base64. @throws IncidentError CONFIG_INVALID */
export function readKey(path: string): Buffer {
  return decodeKey(readSecretFile(path), path);
}

/** The fingerprint keys: `<id> <32 bytes in base64>` a line, the one for new subjects first. @throws IncidentError CONFIG_INVALID */
export function readFingerprintKeys(path: string): readonly [FingerprintKey, ...FingerprintKey[]] {
  const faults: string[] = [];
  const keys = readSecretFile(path)
    .split('\n')
    .map((line, index) => {
      const [id = '', key = ''] = line.trim().split(/\s+/);
      const bytes = Buffer.from(key, 'base64');
      // The text of a line is not echoed: it may be the key.
      const at = `${path}: line ${index + 1}`;
      // A subject names the key: an id that doesn't fit there would fail at the first token.
      if (!isKeyId(id)) faults.push(`${at}: the id must match [a-z0-9-]{1,32}`);
      if (bytes.length !== KEY_BYTES) faults.push(`${at}: needs ${KEY_BYTES} bytes in base64`);
      return { id, key: bytes };
    });
  if (new Set(keys.map(({ id }) => id)).size < keys.length) faults.push(`${path}: an id stands twice`);
  const [first, ...rest] = keys;
  if (faults.length > 0 || !first) throw new IncidentError('CONFIG_INVALID', { faults });
  return [first, ...rest];
}

function isKeyId(id: string): boolean {
  return isSubject(`fp:${id}:${'0'.repeat(64)}`);
}

/**
 * Runs every reader, so that the faults of all files are told together. @throws IncidentError CONFIG_INVALID with all of them
 */
export function readTogether<R extends Readonly<Record<string, () => unknown>>>(
  readers: R,
): { readonly [N in keyof R]: ReturnType<R[N]> } {
  const faults: string[] = [];
  const values = Object.entries(readers).map(([name, reader]) => {
    try {
      return [name, reader()] as const;
    } catch (error) {
      if (!(error instanceof IncidentError) || error.code !== 'CONFIG_INVALID') throw error;
      const told = error.fields['faults'];
      faults.push(...(Array.isArray(told) ? (told as readonly string[]) : [`${name}: is not valid`]));
      return [name, undefined] as const;
    }
  });
  if (faults.length > 0) throw new IncidentError('CONFIG_INVALID', { faults });
  return Object.fromEntries(values) as { readonly [N in keyof R]: ReturnType<R[N]> };
}

/** An Ed25519 private key, PKCS #8 in PEM. @throws IncidentError CONFIG_INVALID */
export function readPrivateKey(path: string): KeyObject {
  try {
    return createPrivateKey(readSecretFile(path));
  } catch {
    throw new IncidentError('CONFIG_INVALID', { faults: [`${path}: holds no private key in PEM`] });
  }
}

function decodeKey(text: string, path: string): Buffer {
  const key = Buffer.from(text, 'base64');
  if (key.length !== KEY_BYTES)
    throw new IncidentError('CONFIG_INVALID', { faults: [`${path}: needs ${KEY_BYTES} bytes in base64`] });
  return key;
}
