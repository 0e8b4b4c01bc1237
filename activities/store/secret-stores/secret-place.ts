import { createHash } from 'node:crypto';
import { z } from 'zod';
import type { SecretRef } from '../../../domain/credential';
import { IncidentError } from '../../../domain/errors';
import { parseJson } from '../../../domain/parse-json';

/** For the eye only: what tells places apart is the hash. */
const READABLE = 60;

/** A value beside the place it was written for, so that values that somebody swapped or restored elsewhere are noticed. */
export const placedValue = z.object({ place: z.string(), value: z.string() });

/** One text a place; no two places have the same. */
export function placeOf({ path, version }: Pick<SecretRef, 'path' | 'version'>): string {
  return JSON.stringify([path, version]);
}

/** How other systems name a place: small letters, digits and `-` only (DNS-1123, at most 128), so that no path can lead anywhere. No two places have the same name. */
export function nameOf(ref: Pick<SecretRef, 'path' | 'version'>): string {
  const readable = `${ref.path}-${ref.version}`
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '-')
    .slice(-READABLE)
    .replace(/^-|-$/g, '');
  return `tq-${readable}-${createHash('sha256').update(placeOf(ref)).digest('hex')}`;
}

/** The text that is stored where a system keeps one text a name. */
export function withPlace(ref: SecretRef, value: string): string {
  return JSON.stringify({ place: placeOf(ref), value } satisfies z.input<typeof placedValue>);
}

/** The value in such a text. @throws IncidentError SECRET_UNREADABLE when it is none, or belongs elsewhere */
export function valueAt(ref: SecretRef, text: string): string {
  const found = placedValue.safeParse(parseJson(text));
  if (!found.success || found.data.place !== placeOf(ref)) throw unreadable(ref);
  return found.data.value;
}

export function unreadable({ store, path, version }: SecretRef): IncidentError {
  return new IncidentError('SECRET_UNREADABLE', { store, path, version });
}

export function notFound({ store, path, version }: SecretRef): IncidentError {
  return new IncidentError('SECRET_NOT_FOUND', { store, path, version });
}
