import { createHash, timingSafeEqual } from 'node:crypto';

/** Whether two secrets are the same, through a digest, so that neither length nor place of a difference shows in the time. */
export function isSameSecret(given: string, wanted: string): boolean {
  return timingSafeEqual(digest(given), digest(wanted));
}

function digest(text: string): Buffer {
  return createHash('sha256').update(text, 'utf8').digest();
}
