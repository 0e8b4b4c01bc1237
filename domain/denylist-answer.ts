import { z } from 'zod';
import { denylistEntry } from './denylist';

/** What `GET /v1/denylist` answers: every refusal, and up to which revision of which bucket. */
export const denylistAnswer = z.strictObject({
  bucket: z.string(),
  revision: z.number().int().nonnegative(),
  entries: z.array(denylistEntry),
});

export type DenylistAnswer = z.infer<typeof denylistAnswer>;
