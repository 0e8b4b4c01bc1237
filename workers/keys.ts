import { createPrivateKey, createPublicKey, type KeyObject } from 'node:crypto';
import { IncidentError } from '../domain/errors';
import { parseNamedKeys, type NamedKeys } from '../domain/named-keys';
import { readSecretFile } from './config';

const KEY_BYTES = 32;

/** A key file: 32 bytes in base64. @throws IncidentError CONFIG_INVALID */
export function readKey(path: string): Buffer {
  return decodeKey(readSecretFile(path), path);
}

/** The fingerprint keys: `<id> <32 bytes in base64>` a line, the one for new subjects first. @throws IncidentError CONFIG_INVALID */
export function readFingerprintKeys(path: string): NamedKeys {
  return parseNamedKeys(readSecretFile(path), path);
}

/** The keys of Temporal's payloads, in the same form: the first encrypts, all decrypt. @throws IncidentError CONFIG_INVALID */
export function readPayloadKeys(path: string): NamedKeys {
  return parseNamedKeys(readSecretFile(path), path);
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

/** An Ed25519 public key, SPKI in PEM. @throws IncidentError CONFIG_INVALID */
export function readPublicKey(path: string): KeyObject {
  const text = readSecretFile(path);
  try {
    // A private key would do as well, and must not lie where only verifying is done.
    if (text.includes('PRIVATE')) throw new Error('private');
    return createPublicKey(text);
  } catch {
    throw new IncidentError('CONFIG_INVALID', { faults: [`${path}: holds no public key in PEM`] });
  }
}

function decodeKey(text: string, path: string): Buffer {
  const key = Buffer.from(text, 'base64');
  if (key.length !== KEY_BYTES)
    throw new IncidentError('CONFIG_INVALID', { faults: [`${path}: needs ${KEY_BYTES} bytes in base64`] });
  return key;
}
