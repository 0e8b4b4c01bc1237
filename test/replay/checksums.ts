import { createHash } from 'node:crypto';
import path from 'node:path';

export const HISTORIES = path.join(__dirname, 'histories');

/** One line a history, as `sha256sum` writes it, relative to the folder: histories are added, and never changed or taken away. */
export const CHECKSUMS = path.join(__dirname, 'histories.sha256');

export function sha256(text: string): string {
  return createHash('sha256').update(text, 'utf8').digest('hex');
}
