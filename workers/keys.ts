import { createPrivateKey, type KeyObject } from 'node:crypto';
import { IncidentError } from '../domain/errors';
import type { FingerprintKey } from '../domain/fingerprint';
import { readSecretFile } from './config';

const KEY_BYTES = 32;

/** A key file: 32 bytes in base64. @throws IncidentError CONFIG_INVALID */
export function readKey(path: string): Buffer {
  return decodeKey(readSecretFile(path), path);
}

/** The fingerprint keys: `<id> <32 bytes in base64>` a line, the one for new subjects first. @throws IncidentError CONFIG_INVALID */
export function readFingerprintKeys(path: string): readonly [FingerprintKey, ...FingerprintKey[]] {
  const keys = readSecretFile(path)
    .split('\n')
    .map((line) => {
      const [id = '', key = ''] = line.trim().split(/\s+/);
      return { id, key: decodeKey(key, path) };
    });
  const [first, ...rest] = keys;
  if (!first) throw new IncidentError('CONFIG_INVALID', { faults: [`${path}: holds no key`] });
  return [first, ...rest];
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
