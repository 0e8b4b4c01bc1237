import { createCipheriv, createDecipheriv, createSecretKey, randomBytes, type KeyObject } from 'node:crypto';
import type { Payload, PayloadCodec } from '@temporalio/common';
import { temporal } from '@temporalio/proto';
import { IncidentError } from '../domain/errors';
import type { NamedKeys } from '../domain/named-keys';

/** The names that Temporal's own samples use, so that other tools know such a payload when they see it. */
const ENCODING = 'binary/encrypted';
const KEY_ID = 'encryption-key-id';

const NONCE_BYTES = 12;
const TAG_BYTES = 16;
const PayloadMessage = temporal.api.common.v1.Payload;

/**
 * Encrypts what Temporal stores: AES-256-GCM over the whole payload, a random 96-bit nonce before it and the tag after it, encoding
 * and key id authenticated with it. The first key encrypts, all decrypt. A payload without the mark, as in histories from before
 * there was a codec, passes unchanged.
 * Nonces are random, so a key is good for 2^32 payloads (NIST SP 800-38D, 8.3): rotate it long before.
 */
export function createPayloadCodec(keys: NamedKeys): PayloadCodec {
  const known = new Map<string, KeyObject>(keys.map(({ id, key }) => [id, createSecretKey(key)]));
  const [{ id: newest }] = keys;

  function keyOf(id: string): KeyObject {
    const key = known.get(id);
    if (!key) throw new IncidentError('PAYLOAD_KEY_UNKNOWN', { key: shownId(id) });
    return key;
  }

  return {
    encode: async (payloads) => payloads.map((payload) => seal(payload, newest, keyOf(newest))),
    decode: async (payloads) =>
      payloads.map((payload) => {
        if (!isEncrypted(payload)) return payload;
        const id = textOf(payload.metadata?.[KEY_ID]);
        return open(payload, id, keyOf(id));
      }),
  };
}

/** Whether a payload bears the codec's mark. */
export function isEncrypted(payload: Payload): boolean {
  return textOf(payload.metadata?.['encoding']) === ENCODING;
}

function seal(payload: Payload, keyId: string, key: KeyObject): Payload {
  const nonce = randomBytes(NONCE_BYTES);
  const cipher = createCipheriv('aes-256-gcm', key, nonce, { authTagLength: TAG_BYTES }).setAAD(context(keyId));
  const sealed = [cipher.update(PayloadMessage.encode(payload).finish()), cipher.final()];
  return {
    metadata: { encoding: Buffer.from(ENCODING), [KEY_ID]: Buffer.from(keyId) },
    data: Buffer.concat([nonce, ...sealed, cipher.getAuthTag()]),
  };
}

function open(payload: Payload, keyId: string, key: KeyObject): Payload {
  const data = Buffer.from(payload.data ?? []);
  try {
    const nonce = data.subarray(0, NONCE_BYTES);
    const decipher = createDecipheriv('aes-256-gcm', key, nonce, { authTagLength: TAG_BYTES })
      .setAAD(context(keyId))
      .setAuthTag(data.subarray(Math.max(NONCE_BYTES, data.length - TAG_BYTES)));
    const opened = [decipher.update(data.subarray(NONCE_BYTES, data.length - TAG_BYTES)), decipher.final()];
    return PayloadMessage.decode(Buffer.concat(opened));
  } catch (cause) {
    throw new IncidentError('PAYLOAD_UNREADABLE', { key: keyId }, { cause });
  }
}

/** What is authenticated beside the data: neither mark nor key id can be exchanged. */
function context(keyId: string): Buffer {
  return Buffer.from(`${ENCODING}\n${keyId}`, 'utf8');
}

function textOf(bytes: Uint8Array | null | undefined): string {
  return Buffer.from(bytes ?? []).toString('utf8');
}

/** An id that was never one of ours may be anything. */
function shownId(id: string): string {
  return /^[a-z0-9-]{1,32}$/.test(id) ? id : '…';
}
