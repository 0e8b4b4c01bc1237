import { createHash } from 'node:crypto';

/** An id for a record that has none of its own: the same content is the same record, however often it is delivered. */
export function contentId(content: unknown): string {
  return createHash('sha256').update(JSON.stringify(content)).digest('hex').slice(0, 40);
}
