import { createHmac, timingSafeEqual } from 'node:crypto';
import type { NamedKey } from './named-keys';
import { fingerprintSubject, type Subject } from './subject';

/** A key that secrets are fingerprinted with. */
export type FingerprintKey = NamedKey;

/** The subject of a secret value under one key: a keyed HMAC-SHA-256, so that a leaked denylist can't be searched by guessing. */
export function fingerprint(secret: string, key: FingerprintKey): Subject {
  return fingerprintSubject(key.id, createHmac('sha256', key.key).update(secret, 'utf8').digest('hex'));
}

/** Under every live key: the first is what new subjects are under. */
export function fingerprints(
  secret: string,
  [first, ...rest]: readonly [FingerprintKey, ...FingerprintKey[]],
): readonly [Subject, ...Subject[]] {
  return [fingerprint(secret, first), ...rest.map((key) => fingerprint(secret, key))];
}

/** A probe of ours is trusted for this long after it was signed, in milliseconds: clocks may differ a little. */
const PROBE_LIFE_MS = 60_000;

/** 64 bits: a forged probe would have to be guessed within its minute; PostgreSQL's application_name leaves room for no more. */
const PROBE_MAC_LENGTH = 16;

/**
 * The mark our own probes carry (a header, an application name), so that a proof raises no detection. Signed, or an attacker
 * would hide behind it. At most 63 bytes, PostgreSQL's limit for application_name.
 */
export function signProbe(id: string, at: number, key: FingerprintKey): string {
  const stem = `tqprobe.${id}.${at.toString(36)}`;
  return `${stem}.${probeMac(stem, key)}`;
}

/** The probe's id when the mark is ours and fresh. */
export function verifyProbe(mark: string, now: number, keys: readonly FingerprintKey[]): string | undefined {
  const match = /^(?<stem>tqprobe\.(?<id>[a-z0-9]{1,16})\.(?<at>[a-z0-9]{1,10}))\.(?<mac>[0-9a-f]{16})$/.exec(mark);
  const { stem, id, at, mac } = match?.groups ?? {};
  if (!stem || !id || !at || !mac || Math.abs(now - parseInt(at, 36)) > PROBE_LIFE_MS) return undefined;
  const ours = keys.some((key) => timingSafeEqual(Buffer.from(mac), Buffer.from(probeMac(stem, key))));
  return ours ? id : undefined;
}

function probeMac(stem: string, key: FingerprintKey): string {
  return createHmac('sha256', key.key).update(`probe\n${stem}`).digest('hex').slice(0, PROBE_MAC_LENGTH);
}
