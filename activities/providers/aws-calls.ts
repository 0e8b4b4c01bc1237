import { IAMClient } from '@aws-sdk/client-iam';
import { STSClient } from '@aws-sdk/client-sts';
import { IncidentError } from '../../domain/errors';
import { retryAfterOfAws } from '../retry-after';
import { withDeadline } from '../with-deadline';

export interface AwsKey {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
}

/** Where one of AWS's services is asked, and as whom; without a key, by what the SDK finds on its machine. */
export interface AwsPlace {
  readonly region: string;
  readonly endpoint?: string | undefined;
  readonly key?: AwsKey | undefined;
}

export interface AwsCall {
  readonly signal: AbortSignal;
  /** For the whole of it, in milliseconds. */
  readonly withinMs: number;
}

/** Answers by which AWS refuses who asks, or what they may do. */
const ADMIN_DENIED: readonly string[] = [
  'AccessDenied',
  'AccessDeniedException',
  'InvalidClientTokenId',
  'InvalidAccessKeyId',
  'SignatureDoesNotMatch',
  'UnrecognizedClientException',
  'ExpiredToken',
];

/** Answers that another attempt may not get. */
const PASSING: readonly string[] = [
  'Throttling',
  'ThrottlingException',
  'RequestLimitExceeded',
  'ConcurrentModificationException',
  'EntityTemporarilyUnmodifiableException',
];

/** IAM, and the time it answered last, which is the time that sessions are dated by. */
export interface Iam {
  readonly client: IAMClient;
  /** Milliseconds since the epoch, in whole seconds. @throws IncidentError PROVIDER_UNAVAILABLE before the first answer */
  now(): number;
}

/** Opens IAM for one piece of work and closes it; whatever is under way is given up when the time is over. The SDK tries nothing again: a lost answer must be known. */
export async function withIam<T>(place: AwsPlace, call: AwsCall, work: (iam: Iam, signal: AbortSignal) => Promise<T>) {
  const client = new IAMClient(configOf(place));
  let answeredAt: number | undefined;
  client.middlewareStack.add(
    withHeaders((headers) => {
      const date = Date.parse(headers['date'] ?? '');
      if (!Number.isNaN(date)) answeredAt = date;
    }),
    { step: 'deserialize', name: 'readsDate' },
  );
  const now = (): number => {
    if (answeredAt === undefined) throw new IncidentError('PROVIDER_UNAVAILABLE', { reply: 'no date' });
    return answeredAt;
  };
  try {
    return await withDeadline(call.withinMs, call.signal, (signal) => work({ client, now }, signal));
  } finally {
    client.destroy();
  }
}

/** The same of STS, by which a key shows whose it is. */
export async function withSts<T>(
  place: AwsPlace,
  call: AwsCall,
  work: (client: STSClient, signal: AbortSignal) => Promise<T>,
): Promise<T> {
  const client = new STSClient(configOf(place));
  client.middlewareStack.add(
    withHeaders(() => undefined),
    { step: 'deserialize', name: 'isOfAws' },
  );
  try {
    return await withDeadline(call.withinMs, call.signal, (signal) => work(client, signal));
  } finally {
    client.destroy();
  }
}

/**
 * The SDK reads whatever comes with status 200, such as the page of a network's login, as an answer in which nothing is said: no keys, no
 * fault. Each of AWS's own has a number; `see` is shown its headers. @throws IncidentError PROVIDER_UNAVAILABLE
 */
function withHeaders(see: (headers: Readonly<Record<string, string>>) => void) {
  return <Asked, Answered extends { readonly response: unknown }>(next: (asked: Asked) => Promise<Answered>) =>
    async (asked: Asked): Promise<Answered> => {
      const answered = await next(asked);
      const { headers = {} } = answered.response as { headers?: Readonly<Record<string, string>> };
      if (headers['x-amzn-requestid'] === undefined)
        throw new IncidentError('PROVIDER_UNAVAILABLE', { reply: 'no answer of AWS' });
      see(headers);
      return answered;
    };
}

/** What the clients of all services are opened with. The SDK tries nothing again. */
export function configOf({ region, endpoint, key }: AwsPlace) {
  return {
    region,
    maxAttempts: 1,
    ...(endpoint === undefined ? {} : { endpoint }),
    ...(key === undefined ? {} : { credentials: key }),
  };
}

/** The word by which AWS names its refusal; undefined when it is no answer of AWS. */
export function replyOf(error: unknown): string | undefined {
  // The SDK notes the HTTP status on every error, also on one of an answer that broke off; whose fault it is only on an answer.
  return error instanceof Error && '$fault' in error ? error.name : undefined;
}

/** Whether AWS has answered that it did nothing. A failure of its own may come after the deed. */
export function isRefusal(error: unknown): boolean {
  return replyOf(error) !== undefined && (error as { readonly $fault?: string }).$fault === 'client';
}

/** What a failure of AWS means. Its messages quote names and ARNs: only the word goes on. */
export function awsFailure(error: unknown, about: Readonly<Record<string, string>>): IncidentError {
  if (error instanceof IncidentError) return error;
  const reply = replyOf(error);
  const fields = { ...about, reply, ...retryAfterOfAws(error) };
  if (reply === undefined) return new IncidentError('PROVIDER_UNAVAILABLE', fields);
  if (ADMIN_DENIED.includes(reply)) return new IncidentError('PROVIDER_ADMIN_DENIED', fields);
  const isServers = (error as { readonly $fault?: string }).$fault === 'server';
  return new IncidentError(isServers || PASSING.includes(reply) ? 'PROVIDER_UNAVAILABLE' : 'PROVIDER_REFUSED', fields);
}
