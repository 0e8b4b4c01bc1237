import type { RedisMaterial } from '../../domain/secret-material';
import { isLackOfRights, isRefusal, withRedis, type RedisConnection } from './redis-connection';

export type LoginAnswer = 'accepted' | 'refused' | 'no answer';

const LOGIN_WITHIN_MS = 3_000;

/**
 * Logs in with a value, under the name `mark`, and does `use` with it. Only WRONGPASS is a refusal: a full or silent server proves
 * nothing. A user that has not the right to do `use` has logged in, or Redis would not say so.
 */
export async function presentLogin(
  { host, port, tls, user, password }: RedisMaterial,
  { mark, signal }: { readonly mark: string; readonly signal: AbortSignal },
  use: (redis: RedisConnection) => Promise<unknown> = () => Promise.resolve(),
): Promise<LoginAnswer> {
  const options = { username: user, password, name: mark, socket: tls ? { host, port, tls } : { host, port } };
  try {
    await withRedis(options, { signal, withinMs: LOGIN_WITHIN_MS }, use);
    return 'accepted';
  } catch (error) {
    if (isLackOfRights(error)) return 'accepted';
    return isRefusal(error) ? 'refused' : 'no answer';
  }
}
