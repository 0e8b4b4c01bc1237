import { createPublicKey, type KeyObject } from 'node:crypto';
import { calculateJwkThumbprint, exportJWK, type JWK } from 'jose';

/** Who signs security event tokens: what receivers know us by. */
export interface SignalSigner {
  /** Our own URL, the `iss` of every token. */
  readonly issuer: string;
  /** P-256, RSA or Ed25519. */
  readonly key: KeyObject;
}

/** What a token says about its signature. */
export async function signatureHeader({ key }: SignalSigner): Promise<{ readonly alg: string; readonly kid: string }> {
  return { alg: algorithmOf(key), kid: await calculateJwkThumbprint(await publicJwk(key)) };
}

/** What receivers check signatures with, as a JSON Web Key Set (RFC 7517). */
export async function signalKeySet(signer: SignalSigner): Promise<{ readonly keys: readonly JWK[] }> {
  return { keys: [{ ...(await publicJwk(signer.key)), ...(await signatureHeader(signer)), use: 'sig' }] };
}

function publicJwk(key: KeyObject): Promise<JWK> {
  return exportJWK(createPublicKey(key));
}

function algorithmOf({ asymmetricKeyType }: KeyObject): 'EdDSA' | 'ES256' | 'RS256' {
  return asymmetricKeyType === 'ec' ? 'ES256' : asymmetricKeyType === 'rsa' ? 'RS256' : 'EdDSA';
}
