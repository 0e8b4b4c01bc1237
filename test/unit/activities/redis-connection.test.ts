import { MultiErrorReply, SimpleError, SocketClosedUnexpectedlyError } from '@redis/client';
import { isLackOfRights, isRefusal, redisFailure } from '../../../activities/providers/redis-connection';
import { sessionsIn } from '../../../activities/providers/redis-sessions';
import { IncidentError } from '../../../domain/errors';

const failure = (error: unknown) => redisFailure(error, { account: 'orders' });

describe('what an answer of Redis means', () => {
  it.each([
    ['WRONGPASS invalid username-password pair or user is disabled.', 'PROVIDER_ADMIN_DENIED', 'WRONGPASS'],
    ['NOAUTH Authentication required.', 'PROVIDER_ADMIN_DENIED', 'NOAUTH'],
    ["NOPERM User tourniquet has no permissions to run the 'acl|setuser' command", 'PROVIDER_ADMIN_DENIED', 'NOPERM'],
    ['LOADING Redis is loading the dataset in memory', 'PROVIDER_UNAVAILABLE', 'LOADING'],
    ['BUSY Redis is busy running a script.', 'PROVIDER_UNAVAILABLE', 'BUSY'],
    ['MASTERDOWN Link with MASTER is down', 'PROVIDER_UNAVAILABLE', 'MASTERDOWN'],
    ['ERR max number of clients reached', 'PROVIDER_UNAVAILABLE', 'ERR'],
    ['ERR Error in ACL SETUSER modifier', 'PROVIDER_REFUSED', 'ERR'],
    ['something else', 'PROVIDER_REFUSED', 'ERR'],
  ])('%s', (message, code, reply) => {
    expect(failure(new SimpleError(message))).toMatchObject({ code, fields: { account: 'orders', reply } });
  });

  it('is of a transaction what its first failure means', () => {
    const replies = [new SimpleError('BUSY …')];

    expect(failure(new MultiErrorReply(replies, [0]))).toMatchObject({ code: 'PROVIDER_UNAVAILABLE' });
  });

  it('is nothing when there was none', () => {
    expect(failure(new SocketClosedUnexpectedlyError())).toMatchObject({ code: 'PROVIDER_UNAVAILABLE' });
    expect(failure(new TypeError('verysecrettoken')).message).not.toContain('verysecrettoken');
  });

  it('never hides what we said ourselves', () => {
    const own = new IncidentError('SESSIONS_REMAIN', { user: 'orders' });

    expect(failure(own)).toBe(own);
  });

  it('is a refusal of the credential only when Redis says so', () => {
    const [wrong, denied] = [new SimpleError('WRONGPASS …'), new SimpleError('NOPERM …')];

    expect([wrong, denied, new Error('WRONGPASS …')].map(isRefusal)).toEqual([true, false, false]);
    expect([wrong, denied].map(isLackOfRights)).toEqual([false, true]);
  });
});

describe('sessions in CLIENT LIST', () => {
  const line = (id: number, user: string, flags = 'N') =>
    `id=${id} addr=127.0.0.1:1 name=user=orders flags=${flags} cmd=get user=${user} redir=-1`;

  it('are those of the user, and none that is being closed', () => {
    const list = [line(1, 'orders'), line(2, 'orders2'), line(3, 'orders', 'A'), line(4, 'orders', 'Pc'), ''].join(
      '\n',
    );

    expect(sessionsIn(list, 'orders')).toEqual(['1']);
  });
});
