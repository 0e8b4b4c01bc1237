import { GetCallerIdentityCommand } from '@aws-sdk/client-sts';
import { setTimeout as sleep } from 'node:timers/promises';
import { retryAfterOfAws } from '../retry-after';
import { replyOf, withSts, type AwsPlace } from './aws-calls';

/** What became of a key that was presented; `arn`: whose it is. */
export type KeyAnswer =
  | { readonly is: 'accepted'; readonly arn: string }
  | { readonly is: 'refused' }
  | {
      readonly is: 'no answer';
      /** How long AWS asks us to wait, in milliseconds. */
      readonly retryAfterMs?: number;
    };

const WITHIN_MS = 3_000;
const PAUSE_MS = 300;

/**
 * Presents a key to STS, which tells everybody who they are, whatever they may do. Only InvalidClientTokenId is a refusal of the key: a signature that does
 * not match may be a clock that is wrong.
 */
export async function presentKey(place: AwsPlace, signal: AbortSignal): Promise<KeyAnswer> {
  try {
    const { Arn: arn = '' } = await withSts(place, { signal, withinMs: WITHIN_MS }, (sts, abortSignal) =>
      sts.send(new GetCallerIdentityCommand({}), { abortSignal }),
    );
    return { is: 'accepted', arn };
  } catch (error) {
    if (replyOf(error) === 'InvalidClientTokenId') return { is: 'refused' };
    return { is: 'no answer', ...retryAfterOfAws(error) };
  }
}

/** Presents it until the answer is this one, for so long at most, and gives the last answer: a change takes seconds to be known in all of AWS. */
export async function presentUntil(
  is: 'accepted' | 'refused',
  place: AwsPlace,
  { signal, withinMs }: { readonly signal: AbortSignal; readonly withinMs: number },
): Promise<KeyAnswer> {
  const until = performance.now() + withinMs;
  for (;;) {
    const answer = await presentKey(place, signal);
    if (answer.is === is || performance.now() > until) return answer;
    await sleep(PAUSE_MS, undefined, { signal });
  }
}
