import { setTimeout as sleep } from 'node:timers/promises';
import { SIBLING } from '../../drills/systems/redis-server';
import { CACHE, redisRig, type RedisRig } from '../support/redis-rig';

describe('passwords of one Redis user', () => {
  let rig: RedisRig;

  beforeEach(async () => {
    rig = await redisRig();
  });

  afterEach(() => rig.redis.stop());

  test('two work at once, each with the rights of the user', async () => {
    const [old, next] = [await rig.login(await rig.mint(1)), await rig.login(await rig.mint(2))];

    await old.set('orders:1', 'from the old');

    expect(await next.get('orders:1')).toBe('from the old');
    await expect(next.get('elsewhere')).rejects.toThrow(/NOPERM/);
    for (const session of [old, next]) session.destroy();
  });

  test('quarantine cuts every live session in the middle of its work, and those of no other user', async () => {
    const version = await rig.mint(1);
    const sessions = await Promise.all([rig.login(version), rig.login(version)]);
    const sibling = await rig.redis.login(SIBLING.username, SIBLING.password);
    const waiting = sessions.map((session) => session.blPop('orders:queue', 0));

    const effect = await rig.provider.quarantine(CACHE, version, rig.context);

    expect((await Promise.allSettled(waiting)).map(({ status }) => status)).toEqual(['rejected', 'rejected']);
    expect(effect).toMatchObject({ state: 'done', evidence: 'the password is taken away, 2 sessions ended' });
    expect(await sibling.ping()).toBe('PONG');
    sibling.destroy();
  });

  test('revoke takes away the leaked password and leaves the others', async () => {
    const [leaked, next, third] = [await rig.mint(1), await rig.mint(2), await rig.mint(3)];

    await rig.provider.revoke(CACHE, leaked, rig.context);

    expect(await Promise.all([leaked, next, third].map(rig.accepts))).toEqual([false, true, true]);
    expect([await rig.passwords(), await rig.passwords(SIBLING.username)]).toEqual([2, 1]);
  });

  test('revoke of what is in quarantine cuts no session that its successor has opened since', async () => {
    const [leaked, next] = [await rig.mint(1), await rig.mint(2)];
    await rig.provider.quarantine(CACHE, leaked, rig.context);
    const successor = await rig.login(next);

    const effects = [await rig.provider.revoke(CACHE, leaked, rig.context)];
    effects.push(await rig.provider.revoke(CACHE, leaked, rig.context));
    const verdict = await rig.provider.verifyDead(CACHE, leaked, next, rig.context);

    expect(effects.map(({ state }) => state)).toEqual(['done', 'already']);
    expect(await successor.ping()).toBe('PONG');
    expect(verdict).toMatchObject({ verdict: 'dead', proof: 'presented', sessions: 0 });
    successor.destroy();
  });

  test('sessions that may be of the old password count as long as it is let in', async () => {
    const [old, next] = [await rig.mint(1), await rig.mint(2)];
    const sessions = await Promise.all([rig.login(old), rig.login(next)]);

    const before = await rig.provider.verifyDead(CACHE, old, next, rig.context);
    await rig.provider.revoke(CACHE, old, rig.context);
    const after = await rig.provider.verifyDead(CACHE, old, next, rig.context);

    expect([before, after].map((seen) => [seen.verdict, seen.sessions])).toEqual([
      ['alive', 2],
      ['dead', 0],
    ]);
    for (const session of sessions) if (session.isOpen) session.destroy();
  });

  test('a password that somebody took away by hand is no proof that its sessions are gone: they are cut', async () => {
    const [old, next] = [await rig.mint(1), await rig.mint(2)];
    const session = await rig.login(old);
    await rig.redis.ask('ACL', 'SETUSER', 'orders', `<${await rig.passwordOf(old)}`);
    const seen = await rig.provider.verifyDead(CACHE, old, next, rig.context);

    const effect = await rig.provider.quarantine(CACHE, old, rig.context);
    await sleep(50);

    expect([seen.verdict, effect.state, session.isOpen]).toEqual(['alive', 'done', false]);
  });

  test('a revoked password that somebody gives back by hand is found alive, and is taken away again', async () => {
    const [old, next] = [await rig.mint(1), await rig.mint(2)];
    await rig.provider.revoke(CACHE, old, rig.context);
    await rig.redis.ask('ACL', 'SETUSER', 'orders', `>${await rig.passwordOf(old)}`);

    const seen = await rig.provider.verifyDead(CACHE, old, next, rig.context);
    const again = await rig.provider.revoke(CACHE, old, rig.context);

    expect([seen.verdict, again.state, await rig.accepts(old)]).toEqual(['alive', 'done', false]);
    await expect(rig.provider.release(CACHE, old, rig.context)).rejects.toMatchObject({ code: 'CONTAINMENT_FINAL' });
  });

  test('release and revoke at once end dead, whichever comes between the looks of the other', async () => {
    const alive: number[] = [];
    for (let round = 1; round <= 40; round++) {
      const version = await rig.mint(round);
      await rig.provider.quarantine(CACHE, version, rig.context);

      await Promise.allSettled([
        sleep(round % 4).then(() => rig.provider.release(CACHE, version, rig.context)),
        rig.provider.revoke(CACHE, version, rig.context),
      ]);

      if (await rig.accepts(version)) alive.push(round);
    }
    expect(alive).toEqual([]);
  });

  test('what is contained is refused after a crash of Redis as well, and what was minted works', async () => {
    const [leaked, revoked, next] = [await rig.mint(1), await rig.mint(2), await rig.mint(3)];
    await rig.provider.quarantine(CACHE, leaked, rig.context);
    await rig.provider.revoke(CACHE, revoked, rig.context);

    await rig.redis.restart();

    expect(await Promise.all([leaked, revoked, next].map(rig.accepts))).toEqual([false, false, true]);
    expect((await rig.provider.release(CACHE, leaked, rig.context)).state).toBe('done');
    expect(await rig.accepts(leaked)).toBe(true);
  });

  test('no value of a password reaches Redis: neither its log of commands nor its files hold one', async () => {
    await rig.redis.ask('CONFIG', 'SET', 'slowlog-log-slower-than', '0');
    const [old, next] = [await rig.mint(1), await rig.mint(2)];
    await rig.provider.quarantine(CACHE, old, rig.context);
    await rig.provider.release(CACHE, old, rig.context);
    await rig.provider.revoke(CACHE, old, rig.context);

    const seen = JSON.stringify([await rig.redis.ask('SLOWLOG', 'GET', '1000'), await rig.redis.keptUsers()]);

    expect(seen).toContain('orders');
    for (const version of [old, next]) expect(seen).not.toContain(await rig.passwordOf(version));
  });

  test('a version whose value nobody kept is not said to be ended', async () => {
    const quarantine = rig.provider.quarantine(CACHE, rig.versionOf(9), rig.context);

    await expect(quarantine).rejects.toMatchObject({ code: 'SECRET_NOT_FOUND' });
  });

  test('a user without passwords of its own, or none at all, is left alone and told of', async () => {
    const version = await rig.mint(1);
    await rig.redis.ask('ACL', 'SETUSER', 'orders', 'nopass');
    const found = { code: 'PROVIDER_REFUSED', fields: { user: 'orders', found: 'nopass' } };

    await expect(rig.provider.probe(CACHE, rig.context)).rejects.toMatchObject(found);
    await expect(rig.provider.quarantine(CACHE, version, rig.context)).rejects.toMatchObject(found);
    await rig.redis.ask('ACL', 'DELUSER', 'orders');
    await expect(rig.provider.probe(CACHE, rig.context)).rejects.toMatchObject({ fields: { found: 'no such user' } });
    await expect(rig.mint(2)).rejects.toMatchObject({ code: 'PROVIDER_REFUSED', fields: { found: 'no such user' } });
  });
});
