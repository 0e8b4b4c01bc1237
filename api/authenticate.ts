import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { ApiCaller, ApiKeyStore } from '../activities/store/api-keys';
import { roleAllows, type ApiRole } from '../domain/api-role';
import { problem } from './problem';

const callers = new WeakMap<FastifyRequest, ApiCaller>();

/** So many requests without a known key an address and minute; a program with the wrong key needs no more to notice. */
export const MOST_FAILURES = { max: 60, timeWindow: 60_000 } as const;

/** Counts a request; tells for how many seconds whoever sent it must wait, if they must. */
export type RequestLimit = (request: FastifyRequest) => Promise<number | undefined>;

/** Of failures, by address; of one scope, in which `@fastify/rate-limit` is registered. */
export function failureLimit(app: FastifyInstance): RequestLimit {
  return limitOf(app.createRateLimit(MOST_FAILURES));
}

export function limitOf(check: ReturnType<FastifyInstance['createRateLimit']>): RequestLimit {
  return async (request) => {
    const answer = await check(request);
    return !answer.isAllowed && answer.isExceeded ? answer.ttlInSeconds : undefined;
  };
}

/** A hook that lets nobody in without a key that is known. Only failures count: a known key is let in whatever its neighbours do. */
export function authenticate(apiKeys: ApiKeyStore, limit: RequestLimit) {
  return async (request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply | undefined> => {
    const key = /^Bearer (?<key>tqk_[\w-]{20,100})$/.exec(request.headers.authorization ?? '')?.groups?.['key'];
    const caller = key ? await apiKeys.authenticate(key) : undefined;
    if (caller) {
      callers.set(request, caller);
      return undefined;
    }
    const waitSeconds = await limit(request);
    return waitSeconds === undefined
      ? problem(reply.header('www-authenticate', 'Bearer'), 'UNAUTHENTICATED')
      : problem(reply.header('retry-after', String(waitSeconds)), 'RATE_LIMITED');
  };
}

/** A hook behind `authenticate`: only for keys that may do what `needed` may. */
export function onlyFor(needed: ApiRole) {
  return (request: FastifyRequest, reply: FastifyReply, done: () => void): void => {
    if (roleAllows(callerOf(request).role, needed)) done();
    else void problem(reply, 'ROLE_INSUFFICIENT');
  };
}

/** Who called; only behind the hook. */
export function callerOf(request: FastifyRequest): ApiCaller {
  const caller = callers.get(request);
  if (!caller) throw new Error('callerOf needs the authenticate hook');
  return caller;
}
