import { createHash, verify } from 'node:crypto';
import { z } from 'zod';
import { readRequest } from '../read-request';
import { parseSigned } from './parse-signed';
import type { FoundOutcome, FoundSecret, LeakFeed } from './feed';
import type { GithubKeys } from './github-keys';

/** Cut, not refused: the others of a delivery are not to be lost with one. */
const cutTo = (length: number) => z.string().transform((text) => text.slice(0, length));

/** Of GitHub's secret scanning partner programme; it sends more fields now and then. */
const findings = z
  .array(
    z.object({
      token: z.string().min(1),
      type: cutTo(200),
      url: cutTo(2_000).nullish(),
      source: cutTo(100).nullish(),
    }),
  )
  .max(5_000);

/** GitHub's findings in public repositories, signed with ECDSA over the raw body. */
export function githubFeed(keys: GithubKeys): LeakFeed {
  return {
    id: 'github',
    proofHeaders: ['Github-Public-Key-Identifier', 'Github-Public-Key-Signature'],

    async verify(headers, body, now) {
      const id = headers['github-public-key-identifier'];
      const signature = headers['github-public-key-signature'];
      if (typeof id !== 'string' || id.length > 128 || typeof signature !== 'string' || signature.length > 256)
        return false;
      const key = await keys.find(id, now);
      return key !== undefined && verify('sha256', body, key, Buffer.from(signature, 'base64'));
    },

    read: (body) =>
      readRequest(findings, parseSigned(body)).map(({ token, type, url, source }) => ({
        secret: { token },
        type,
        place: [url, source && `(${source})`].filter(Boolean).join(' ') || 'GitHub',
      })),

    answer: (found, outcomes) => found.flatMap((one, index) => feedback(one, outcomes[index])),
  };
}

/** By the value's hash: it has travelled far enough. Of a kind that is no secret nothing is said. */
function feedback({ secret, type }: FoundSecret, outcome: FoundOutcome | undefined): readonly object[] {
  if (outcome === undefined || outcome === 'public' || !('token' in secret)) return [];
  const hash = createHash('sha256').update(secret.token, 'utf8').digest('hex');
  return [{ token_hash: hash, token_type: type, label: outcome === 'taken' ? 'true_positive' : 'false_positive' }];
}
