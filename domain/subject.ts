import { IncidentError } from './errors';

/**
 * How a secret version is known without its value: `fp:<key id>:<hex HMAC-SHA-256>` where we see the value and
 * fingerprint it, `id:<provider>:<public id>` where the records name only a role or a key id.
 */
export type Subject = string & { readonly subjectBrand: true };

const SHAPE = /^(?:fp:[a-z0-9-]{1,32}:[0-9a-f]{64}|id:[a-z0-9-]{1,64}:[\x21-\x7e]{1,256})$/;

export function fingerprintSubject(keyId: string, hmacHex: string): Subject {
  return parseSubject(`fp:${keyId}:${hmacHex}`);
}

export function publicIdSubject(provider: string, publicId: string): Subject {
  return parseSubject(`id:${provider}:${publicId}`);
}

export function isSubject(text: string): text is Subject {
  return SHAPE.test(text);
}

/** @throws IncidentError SUBJECT_MALFORMED. The text is not echoed: a careless caller may have passed a secret. */
export function parseSubject(text: string): Subject {
  if (!isSubject(text)) throw new IncidentError('SUBJECT_MALFORMED', { length: text.length });
  return text;
}

/**
 * The subject as a NATS KV key. KV keys allow only `[-/_=.a-zA-Z0-9]`, so a public id goes in as hexadecimal UTF-8;
 * a fingerprint stays readable.
 */
export function subjectKey(subject: Subject): string {
  const [kind, space, ...rest] = subject.split(':');
  const id = rest.join(':');
  return kind === 'fp' ? `fp.${space}.${id}` : `id.${space}.${hexOfAscii(id)}`;
}

/** The public id alone, as its provider knows it; of a fingerprint the whole subject. */
export function publicIdOf(subject: Subject): string {
  const [kind, , ...id] = subject.split(':');
  return kind === 'id' ? id.join(':') : subject;
}

/** A form short enough for a table or a title. */
export function shortSubject(subject: string): string {
  return subject.startsWith('fp:') ? subject.replace(/^(fp:[^:]+:[0-9a-f]{8}).*/, '$1…') : subject;
}

/** The partition of the usage stream that carries all events of this subject (FNV-1a, stable across languages). */
export function partitionOf(subject: Subject, partitions: number): number {
  let hash = 0x811c9dc5;
  for (let i = 0; i < subject.length; i++) hash = Math.imul(hash ^ subject.charCodeAt(i), 0x01000193);
  return (hash >>> 0) % partitions;
}

function hexOfAscii(text: string): string {
  return Array.from(text, (char) => char.charCodeAt(0).toString(16).padStart(2, '0')).join('');
}
