import { z } from 'zod';

/** A field that proxies write as text or number, and as `-` or null where there is nothing. Comes out as text. */
export const logText = z
  .union([z.string(), z.number()])
  .nullish()
  .transform((value) => (value === undefined || value === null || value === '-' ? '' : String(value)));

/** A status, which some formats write as text. */
export const logStatus = z
  .union([z.string().regex(/^\d{1,3}$/), z.number()])
  .transform(Number)
  .pipe(z.int().min(0).max(999));

/** A size in bytes, which some formats write as text; undefined where there is none. */
export const logBytes = z
  .union([z.string(), z.number()])
  .nullish()
  .transform((value) => {
    const bytes = value === '' ? NaN : Number(value ?? NaN);
    return Number.isSafeInteger(bytes) && bytes >= 0 ? bytes : undefined;
  });

const EPOCH_SECONDS = /^\d{1,11}(?:\.\d{1,9})?$/;

/** `06/Jan/2026:12:00:00 +0000`. */
const COMMON_LOG = /^(?<day>\d\d)\/(?<month>[A-Z][a-z]{2})\/(?<year>\d{4}):(?<time>\d\d:\d\d:\d\d) (?<zone>[+-]\d{4})$/;

/** A time in ISO 8601, as the common log format has it, or in seconds since the epoch; NaN where it is none of them. */
export function parseLogTime(text: string): number {
  if (EPOCH_SECONDS.test(text)) return Math.round(Number(text) * 1000);
  return Date.parse(text.replace(COMMON_LOG, '$<day> $<month> $<year> $<time> $<zone>'));
}

/** An address that may come with a port: `192.0.2.1:443`, `[2001:db8::1]:443`. */
export function withoutPort(address: string): string {
  return /^\[(?<bare>[^\]]*)\]/.exec(address)?.groups?.['bare'] ?? address.replace(/^([\d.]+):\d+$/, '$1');
}
