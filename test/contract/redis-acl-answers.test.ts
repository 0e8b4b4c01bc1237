import { once } from 'node:events';
import { createServer, type AddressInfo } from 'node:net';
import { eventually } from '../support/eventually';
import { REDIS_ADMIN, REDIS_ADMIN_RIGHTS } from '../../drills/systems/redis-server';
import { CACHE, redisRig, type RedisRig } from '../support/redis-rig';

describe('what Redis answers to our admin', () => {
  let rig: RedisRig;

  beforeEach(async () => {
    rig = await redisRig();
  });

  afterEach(() => rig.redis.stop());

  const adminUrlAt = (port: number) => `redis://${REDIS_ADMIN.username}:${REDIS_ADMIN.password}@127.0.0.1:${port}`;

  test('a right that is missing stops the whole step: nothing was changed and nobody was cut', async () => {
    const version = await rig.mint(1);
    const session = await rig.login(version);
    const before = await rig.redis.ask('ACL', 'LIST');
    await rig.redis.ask('ACL', 'SETUSER', REDIS_ADMIN.username, '-client|kill');

    const quarantine = rig.provider.quarantine(CACHE, version, rig.context);

    await expect(quarantine).rejects.toMatchObject({ code: 'PROVIDER_ADMIN_DENIED', fields: { reply: 'NOPERM' } });
    expect(await session.ping()).toBe('PONG');
    await rig.redis.ask('ACL', 'SETUSER', REDIS_ADMIN.username, 'resetkeys', ...REDIS_ADMIN_RIGHTS.split(' '));
    expect(await rig.redis.ask('ACL', 'LIST')).toEqual(before);
    session.destroy();
  });

  test('the probe names each right that is missing, and all of them together', async () => {
    const missing = async (...rules: readonly string[]) => {
      await rig.redis.ask('ACL', 'SETUSER', REDIS_ADMIN.username, ...rules);
      return rig.provider.probe(CACHE, rig.context).then(
        () => 'nothing',
        (error: unknown) => (error as { fields: { missing: string } }).fields.missing,
      );
    };

    expect(await missing()).toBe('nothing');
    for (const right of [
      'acl|getuser',
      'acl|setuser',
      'acl|dryrun',
      'acl|save',
      'client|list',
      'client|kill',
      'info',
      'multi',
      'exec',
    ]) {
      expect(await missing(`-${right}`)).toBe(right);
      expect(await missing(`+${right}`)).toBe('nothing');
    }
    expect(await missing('-acl|save', '-client|kill')).toBe('client|kill, acl|save');
  });

  test('busy with a script: unavailable, so that it is tried again', async () => {
    const version = await rig.mint(1);
    await rig.redis.ask('CONFIG', 'SET', 'busy-reply-threshold', '1');
    const script = rig.redis.ask('EVAL', 'while true do end', '0').catch(() => undefined);
    await new Promise((resolve) => setTimeout(resolve, 50));

    const quarantine = rig.provider.quarantine(CACHE, version, rig.context);

    await expect(quarantine).rejects.toMatchObject({ code: 'PROVIDER_UNAVAILABLE', fields: { reply: 'BUSY' } });
    await rig.redis.ask('SCRIPT', 'KILL');
    await script;
    expect((await rig.provider.quarantine(CACHE, version, rig.context)).state).toBe('done');
  });

  test('loading its data, which takes long after a crash: contained and proven all the same, and no new version is trusted', async () => {
    const slow = await redisRig({ settings: ['key-load-delay 500', 'loading-process-events-interval-bytes 1024'] });
    const [leaked, next] = [await slow.mint(1), await slow.mint(2)];
    await slow.redis.ask('EVAL', "for i = 1, 12000 do redis.call('set', 'orders:' .. i, 'x') end", '0');
    await slow.redis.ask('SAVE');
    const restarted = slow.redis.restart();
    const answer = () => slow.redis.ask('PING').then(String, (error: Error) => error.message);
    await eventually(answer, (said) => said.startsWith('LOADING'));

    const effect = await slow.provider.quarantine(CACHE, leaked, slow.context);
    const verdict = await slow.provider.verifyDead(CACHE, leaked, next, slow.context);
    const tested = await slow.provider.test(CACHE, next, slow.context).catch((error: unknown) => error);

    expect([effect.state, verdict.verdict]).toEqual(['done', 'dead']);
    expect(tested).toMatchObject({ code: 'PROVIDER_UNAVAILABLE' });
    expect(await answer()).toMatch(/^LOADING/);
    await restarted;
    expect(await slow.accepts(leaked)).toBe(false);
    await slow.redis.stop();
  });

  test('full: unavailable to our admin, and no refusal of a password', async () => {
    const [old, control] = [await rig.mint(1), await rig.mint(2)];
    const held = await rig.login(control);
    await rig.redis.ask('CONFIG', 'SET', 'maxclients', '1');

    const [quarantine, test] = await Promise.allSettled([
      rig.provider.quarantine(CACHE, old, rig.context),
      rig.provider.test(CACHE, control, rig.context),
    ]);

    expect([quarantine, test]).toMatchObject([
      { reason: { code: 'PROVIDER_UNAVAILABLE' } },
      { reason: { code: 'PROVIDER_UNAVAILABLE' } },
    ]);
    held.destroy();
  });

  test('something else than Redis: unavailable, at once and without a word of what it said', async () => {
    const version = await rig.mint(1);
    const server = createServer((socket) => {
      socket.on('error', () => undefined);
      socket.write('HTTP/1.1 400 verysecrettoken\r\n\r\n');
    });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const elsewhere = (server.address() as AddressInfo).port;
    const confused = rig.providerOf({ adminUrl: adminUrlAt(elsewhere), port: elsewhere });
    const begin = performance.now();

    const error: unknown = await confused.quarantine(CACHE, version, rig.context).catch((thrown: unknown) => thrown);

    expect(error).toMatchObject({ code: 'PROVIDER_UNAVAILABLE' });
    expect((error as Error).message).not.toContain('verysecrettoken');
    expect(performance.now() - begin).toBeLessThan(2_000);
    server.close();
  });

  test('a replica keeps users of its own: the probe says so', async () => {
    const replica = await redisRig();
    await replica.redis.ask('REPLICAOF', '127.0.0.1', String(rig.redis.port));

    const probe = replica.provider.probe(CACHE, rig.context);

    await expect(probe).rejects.toMatchObject({ code: 'PROVIDER_REFUSED', fields: { found: 'it is a replica' } });
    await replica.redis.stop();
  });
});

describe('how users are kept', () => {
  test('in redis.conf, by CONFIG REWRITE: a crash gives nothing back', async () => {
    const rig = await redisRig({ keepsUsersIn: 'config-file', adminRights: `${REDIS_ADMIN_RIGHTS} +config|rewrite` });
    const [leaked, next] = [await rig.mint(1), await rig.mint(2)];
    await rig.provider.revoke(CACHE, leaked, rig.context);

    await rig.redis.restart();

    expect([await rig.accepts(leaked), await rig.accepts(next)]).toEqual([false, true]);
    await rig.redis.stop();
  });

  test('in no file: every effect says that it is gone at the next start', async () => {
    const rig = await redisRig();
    const forgetful = rig.providerOf({ keepsUsersIn: 'none' });
    const leaked = await rig.mint(1);

    const effect = await forgetful.quarantine(CACHE, leaked, rig.context);
    await rig.redis.restart();

    expect(effect.evidence).toContain('in memory only: gone when Redis restarts');
    expect(await rig.accepts(leaked)).toBe(true);
    await rig.redis.stop();
  });

  test('in an ACL file that is not there: refused and said, and the probe knows before', async () => {
    const rig = await redisRig({ keepsUsersIn: 'config-file', adminRights: `${REDIS_ADMIN_RIGHTS} +config|get` });
    await rig.providerOf({ keepsUsersIn: 'none' }).createReplacement(CACHE, rig.refOf(1), rig.context);
    const mistaken = rig.providerOf({ keepsUsersIn: 'acl-file' });

    const [probe, quarantine] = await Promise.allSettled([
      mistaken.probe(CACHE, rig.context),
      mistaken.quarantine(CACHE, rig.versionOf(1), rig.context),
    ]);

    expect(probe).toMatchObject({
      reason: { code: 'PROVIDER_REFUSED', fields: { found: 'no aclfile to keep users in' } },
    });
    expect(quarantine).toMatchObject({ reason: { code: 'PROVIDER_REFUSED' } });
    expect(await rig.accepts(rig.versionOf(1))).toBe(false);
    await rig.redis.stop();
  });
});
