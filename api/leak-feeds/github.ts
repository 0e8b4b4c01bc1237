import { createHash, verify } from 'node:crypto';
import { z } from 'zod';
import { readRequest } from '../read-request';
import { parseSigned } from './parse-signed';
import type { FoundOutcome, FoundSecret, LeakFeed } from './feed';
import type { GithubKeys } from './github-keys';

/** Each is looked up. */
const MOST_FINDINGS = 5_000;

/** Cut, not refused, and what is no finding is left out: the others of a delivery are not to be lost with one. */
const cutTo = (length: number) => z.string().transform((text) => text.slice(0, length));

/** Of GitHub's secret scanning partner programme; it sends more fields now and then. */
const finding = z.object({
  token: z.string().min(1),
  type: cutTo(200),
  url: cutTo(2_000).nullish().catch(undefined),
  source: cutTo(100).nullish().catch(undefined),
});

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

    read(body) {
      const all = readRequest(z.array(z.unknown()).max(MOST_FINDINGS), parseSigned(body));
      const some = all.flatMap((one) => finding.safeParse(one).data ?? []);
      // Where none is understood the format is another one, and GitHub is to hear of it.
      return (some.length > 0 ? some : readRequest(z.array(finding), all)).map(toFound);
    },

    answer: (found, outcomes) => found.flatMap((one, index) => feedback(one, outcomes[index])),
  };
}

function toFound({ token, type, url, source }: z.infer<typeof finding>): FoundSecret {
  const place = [url, source && `(${source})`].filter(Boolean).join(' ') || 'GitHub';
  return { secret: { token }, type, place };
}

/** By the value's hash: it has travelled far enough. Of a kind that is no secret nothing is said. */
function feedback({ secret, type }: FoundSecret, outcome: FoundOutcome | undefined): readonly object[] {
  if (outcome === undefined || outcome === 'public' || !('token' in secret)) return [];
  const hash = createHash('sha256').update(secret.token, 'utf8').digest('hex');
  return [{ token_hash: hash, token_type: type, label: outcome === 'taken' ? 'true_positive' : 'false_positive' }];
}
