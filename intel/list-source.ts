import { isSafeToFetch } from '../domain/safe-to-fetch';
import type { IntelFormatName } from './formats/registry';

/** How a server is told who asks. */
export type ListAccess =
  | { readonly kind: 'basic'; readonly user: string; readonly password: string }
  | { readonly kind: 'header'; readonly name: string; readonly value: string };

/** Where a list comes from. */
export interface ListSource {
  /** An absolute path, or https:// (http:// on loopback only); of a TAXII server the address of a collection. */
  readonly from: string;
  readonly format: IntelFormatName | 'taxii';
  readonly access?: ListAccess;
  /** It names our own places, which may have private addresses. */
  readonly ofOurs?: boolean;
}

/** A text that was fetched, and what says whether it has changed since. */
export interface FetchedText {
  readonly text: string;
  readonly etag?: string;
  /** When it was written, as its source tells; milliseconds since the epoch. */
  readonly writtenAt?: number;
}

/** Bounds of a fetch: what is more is no list we could use, or somebody's attack. */
export const FETCH_LIMITS = { bytes: 64 * 1024 * 1024, milliseconds: 60_000, pages: 1_000 } as const;

/** Whether a list may be fetched from there: what goes over a network in clear text could be changed by anybody on the way. */
export function isListAddress(text: string): boolean {
  if (text.startsWith('/')) return true;
  if (!URL.canParse(text)) return false;
  const url = new URL(text);
  return url.username === '' && url.password === '' && isSafeToFetch(url);
}
