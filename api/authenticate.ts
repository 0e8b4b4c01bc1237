import type { FastifyReply, FastifyRequest } from 'fastify';
import type { ApiCaller, ApiKeyStore } from '../activities/store/api-keys';
import { problem } from './problem';

const callers = new WeakMap<FastifyRequest, ApiCaller>();

/** A hook that lets nobody in without a key that is known. */
export function authenticate(apiKeys: ApiKeyStore) {
  return async (request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply | undefined> => {
    const key = /^Bearer (?<key>tqk_[\w-]{20,100})$/.exec(request.headers.authorization ?? '')?.groups?.['key'];
    const caller = key ? await apiKeys.authenticate(key) : undefined;
    if (!caller) return problem(reply.header('www-authenticate', 'Bearer'), 401, 'SECRET_ACCESS_DENIED');
    callers.set(request, caller);
    return undefined;
  };
}

/** Who called; only behind the hook. */
export function callerOf(request: FastifyRequest): ApiCaller {
  const caller = callers.get(request);
  if (!caller) throw new Error('callerOf needs the authenticate hook');
  return caller;
}
