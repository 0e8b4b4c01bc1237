import type { InventoryRecord } from '../../../domain/credential';
import { fingerprint, signProbe } from '../../../domain/fingerprint';
import type { Subject } from '../../../domain/subject';
import type { BreachEvent, UsageEvent } from '../../../domain/usage-event';
import { createDenylistMap, type RefusalCheck } from '../../../enforcement/denylist-map';
import { createGateway, type GatewayRequest } from '../../../enforcement/gateway';
import type { CheckedToken } from '../../../enforcement/token-check';
import { sampleRefusal } from '../../support/sample-refusal';

const KEYS = [
  { id: 'k1', key: Buffer.alloc(32, 1) },
  { id: 'k0', key: Buffer.alloc(32, 2) },
] as const;
const ACTIVE: CheckedToken = { publicId: 'tqt_a', principal: 'reports', scopes: [], state: 'active' };
const request: GatewayRequest = {
  token: 'the-token',
  address: '192.0.2.1',
  agent: 'curl/8',
  method: 'POST',
  route: '/orders',
  path: '/orders',
  probeMark: undefined,
};

function gatewayWith(
  check: (subject: Subject, address: string, now: number) => RefusalCheck,
  token: CheckedToken | undefined,
  lookup: (subject: string) => InventoryRecord | undefined = () => undefined,
  shut: readonly string[] = [],
) {
  const events: UsageEvent[] = [];
  let lookups = 0;
  const gateway = createGateway({
    id: 'g',
    mirror: { check, closeLane: () => undefined },
    failsClosed: (method, path) => shut.includes(`${method} ${path}`),
    tokens: () => {
      lookups += 1;
      return Promise.resolve(token);
    },
    fingerprintKeys: KEYS,
    inventory: { lookup },
    emit: (event) => void (event.kind === 'usage' && events.push(event)),
  });
  return { gateway, events, lookups: () => lookups };
}

const free = (): RefusalCheck => ({ refused: false });
const refused = { refused: true, why: 'denied', entry: {} } as unknown as RefusalCheck;

describe('gateway', () => {
  it('lets an active token pass and tells of its use by subject, never by value', async () => {
    const { gateway, events } = gatewayWith(free, ACTIVE);

    await expect(gateway.authorize(request)).resolves.toEqual({
      allowed: true,
      principal: 'reports',
      scopes: [],
      use: { subjects: KEYS.map((key) => fingerprint('the-token', key)), address: '192.0.2.1' },
      subject: fingerprint('the-token', KEYS[0]),
    });
    expect(events).toHaveLength(1);
    expect(events[0]).toMatchObject({
      subject: fingerprint('the-token', KEYS[0]),
      outcome: 'accepted',
      action: { kind: 'write', name: 'POST /orders' },
    });
    expect(JSON.stringify(events)).not.toContain('the-token');
  });

  it.each([
    ['a path', '/orders/4711', '/orders/4711', 'POST /orders/*'],
    ['a path with somebody in it', '/users/ann@example.org/keys', '/users/ann@example.org/keys', 'POST /users/*/keys'],
    ["a framework's template", '/orders/:id', '/orders/4711', 'POST /orders/:id'],
  ])('names what was asked for by a template, out of %s', async (_what, route, path, name) => {
    const { gateway, events } = gatewayWith(free, ACTIVE);

    await gateway.authorize({ ...request, route, path });

    expect(events.map(({ action }) => action)).toEqual([{ kind: 'write', name }]);
  });

  it('refuses what is on the denylist under any live key before it asks the issuer', async () => {
    const underOldKey = fingerprint('the-token', KEYS[1]);
    const { gateway, events, lookups } = gatewayWith((subject) => (subject === underOldKey ? refused : free()), ACTIVE);

    await expect(gateway.authorize(request)).resolves.toMatchObject({
      allowed: false,
      status: 401,
      reason: 'contained',
    });
    expect(lookups()).toBe(0);
    expect(events[0]).toMatchObject({ outcome: 'contained' });
  });

  it('refuses a request whose hold came while the issuer was asked', async () => {
    let held = false;
    const { gateway, events } = gatewayWith(() => (held ? refused : free()), ACTIVE);

    const decision = gateway.authorize(request);
    held = true;

    await expect(decision).resolves.toMatchObject({ allowed: false, status: 401, reason: 'contained' });
    expect(events[0]).toMatchObject({ outcome: 'contained' });
  });

  it('asks at the time of each check, so that a lane closes for a request that waits', async () => {
    jest.useFakeTimers({ now: 1_000 });
    const lane = { refused: false, lane: 'office' } as const;
    const { gateway } = gatewayWith((_subject, _address, now) => (now >= 2_000 ? refused : lane), ACTIVE);

    const decision = gateway.authorize(request);
    jest.setSystemTime(2_000);

    await expect(decision).resolves.toMatchObject({ allowed: false, reason: 'contained' });
    jest.useRealTimers();
  });

  it.each(['inventory', 'denylist'] as const)(
    'names the subject that the %s knows, whichever key is first',
    async (by) => {
      const underOldKey = fingerprint('the-token', KEYS[1]);
      const { gateway, events } = gatewayWith(
        (subject) => (by === 'denylist' && subject === underOldKey ? { refused: false, lane: 'office' } : free()),
        ACTIVE,
        (subject) =>
          by === 'inventory' && subject === underOldKey
            ? ({ principalKind: 'workload', knownContexts: [] } as never)
            : undefined,
      );

      await gateway.authorize(request);

      expect(events[0]).toMatchObject({
        subject: underOldKey,
        principalKind: by === 'inventory' ? 'workload' : 'unknown',
      });
    },
  );

  it.each([undefined, { ...ACTIVE, state: 'disabled' as const }, { ...ACTIVE, state: 'revoked' as const }])(
    'refuses what its issuer does not know or has ended',
    async (token) => {
      const { gateway, events } = gatewayWith(free, token);

      await expect(gateway.authorize(request)).resolves.toMatchObject({ allowed: false, reason: 'authentication' });
      expect(events[0]).toMatchObject({ outcome: 'authentication' });
    },
  );

  it('refuses what has expired, whatever the cache of its issuer still says', async () => {
    jest.useFakeTimers({ now: 1_000 });
    const { gateway, events } = gatewayWith(free, { ...ACTIVE, expiresAt: 2_000 });

    const before = await gateway.authorize(request);
    jest.setSystemTime(2_000);
    const after = await gateway.authorize(request);

    expect([before, after]).toMatchObject([{ allowed: true }, { allowed: false, reason: 'authentication' }]);
    expect(events.map(({ outcome }) => outcome)).toEqual(['accepted', 'authentication']);
    jest.useRealTimers();
  });

  describe('with a derived token', () => {
    const PARENT = [fingerprint('the-parent', KEYS[0]), fingerprint('the-parent', KEYS[1])] as const;
    const CHILD: CheckedToken = { ...ACTIVE, scopes: ['read'], parentSubjects: PARENT };

    it('lets it pass with its own scopes, as a use of the one that it was derived from', async () => {
      const known = (subject: string) =>
        subject === PARENT[1] ? ({ principalKind: 'workload', knownContexts: [] } as never) : undefined;
      const { gateway, events } = gatewayWith(free, CHILD, known);

      const decision = await gateway.authorize(request);

      const own = KEYS.map((key) => fingerprint('the-token', key));
      expect(decision).toMatchObject({ allowed: true, scopes: ['read'], subject: PARENT[1] });
      expect(decision).toMatchObject({ use: { subjects: [...own, ...PARENT] } });
      expect(events).toMatchObject([{ subject: PARENT[1], principalKind: 'workload', outcome: 'accepted' }]);
    });

    it.each(PARENT)('refuses it when that one is refused, by the denylist alone: %s', async (refusedSubject) => {
      const { gateway, events } = gatewayWith((subject) => (subject === refusedSubject ? refused : free()), CHILD);

      await expect(gateway.authorize(request)).resolves.toMatchObject({ allowed: false, reason: 'contained' });
      expect(events).toMatchObject([{ subject: refusedSubject, outcome: 'contained' }]);
    });

    it('holds it to the lane of that one', async () => {
      const map = createDenylistMap();
      map.join(
        sampleRefusal(PARENT[0], {
          mode: 'known-contexts-only',
          allow: [{ id: 'office', networks: ['192.0.2.0/24'], endpoints: ['POST /orders'] }],
        }),
      );
      const { gateway } = gatewayWith(map.check, CHILD);
      const from = async (address: string, path = '/orders') =>
        (await gateway.authorize({ ...request, address, path, route: path })).allowed;

      expect([await from('192.0.2.1'), await from('198.51.100.9'), await from('192.0.2.1', '/users')]).toEqual([
        true,
        false,
        false,
      ]);
    });
  });

  it('shuts a route that must not be had without knowing, but tells a refused credential that it is refused', async () => {
    const shut = ['POST /orders'];
    const open = gatewayWith(free, ACTIVE, undefined, shut);
    const denied = gatewayWith(() => refused, ACTIVE, undefined, shut);

    await expect(open.gateway.authorize(request)).resolves.toMatchObject({ status: 503, reason: 'stale' });
    await expect(open.gateway.authorize({ ...request, method: 'GET' })).resolves.toMatchObject({ allowed: true });
    await expect(denied.gateway.authorize(request)).resolves.toMatchObject({ status: 401, reason: 'contained' });
    expect([open.lookups(), open.events.length]).toEqual([1, 1]);
  });

  it('does not believe a probe mark that is not ours', async () => {
    const { gateway, events } = gatewayWith(free, ACTIVE);

    await gateway.authorize({ ...request, probeMark: 'tqprobe.verify.abc.0123456789abcdef' });

    expect(events[0]?.probe).toBeUndefined();
  });

  describe('with a lane', () => {
    const SUBJECT = fingerprint('the-token', KEYS[0]);
    const OFFICE = { id: 'office', networks: ['192.0.2.0/24'] };
    const LANE = sampleRefusal(SUBJECT, { mode: 'known-contexts-only', allow: [OFFICE], lane: { maxPerMinute: 30 } });
    const RECORD = { subject: SUBJECT, knownContexts: [OFFICE] } as unknown as InventoryRecord;
    const ask = { ...request, method: 'GET', route: '/reports/7', path: '/reports/7' };

    function guarded() {
      const map = createDenylistMap();
      const told: (UsageEvent | BreachEvent)[] = [];
      const unlimited: string[] = [];
      const gateway = createGateway({
        id: 'g',
        mirror: map,
        failsClosed: () => false,
        tokens: () => Promise.resolve(ACTIVE),
        fingerprintKeys: KEYS,
        inventory: { lookup: (subject) => (subject === SUBJECT ? RECORD : undefined) },
        emit: (event) => void told.push(event),
        onUnlimitedLane: (_subject, context, why) => unlimited.push(`${context} ${why}`),
      });
      const uses = async (count: number, more: Partial<GatewayRequest> = {}) => {
        const decisions = [];
        for (let n = 0; n < count; n++) decisions.push(await gateway.authorize({ ...ask, ...more }));
        return decisions.map(({ allowed }) => allowed);
      };
      return { map, told, unlimited, uses };
    }

    it('lets a dependent go on as before, and closes the lane when it calls what it never called', async () => {
      const { map, told, uses } = guarded();
      await uses(20);
      map.join(LANE);

      const before = await uses(5, { path: '/reports/8', route: '/reports/8' });
      const admin = await uses(1, { path: '/admin/users', route: '/admin/users' });
      const after = await uses(1);

      expect([before, admin, after]).toEqual([Array(5).fill(true), [false], [false]]);
      const [breach, use] = told.slice(-3, -1);
      expect(breach).toMatchObject({
        kind: 'breach',
        subject: SUBJECT,
        use: use?.id,
        context: 'office',
        what: 'new-endpoint',
        detail: 'GET /admin/users',
      });
      expect(use).toMatchObject({ kind: 'usage', outcome: 'contained' });
      expect(told.filter(({ kind }) => kind === 'breach')).toHaveLength(1);
    });

    it('refuses above the cap without closing it, and closes it at a multiple', async () => {
      const { map, told, uses } = guarded();
      await uses(20);
      map.join(LANE);

      const allowed = await uses(150);
      const isOpen = !map.check(SUBJECT, ask.address, Date.now()).refused;
      await uses(1);

      expect([allowed.filter(Boolean).length, isOpen]).toEqual([30, true]);
      expect(map.check(SUBJECT, ask.address, Date.now())).toMatchObject({ refused: true, why: 'denied' });
      expect(told.at(-2)).toMatchObject({ kind: 'breach', what: 'rate', detail: '151' });
    });

    it('learns nothing in a lane, from elsewhere, or from our own probes, whose way is free', async () => {
      const { map, told, uses } = guarded();
      await uses(20);
      await uses(3, { address: '198.51.100.9', route: '/elsewhere', path: '/elsewhere' });
      map.join(LANE);

      const probed = await uses(1, {
        route: '/authorize',
        path: '/',
        probeMark: signProbe('verify', Date.now(), KEYS[0]),
      });
      await uses(1, { route: '/elsewhere', path: '/elsewhere' });

      expect(probed).toEqual([true]);
      expect(told.at(-2)).toMatchObject({ kind: 'breach', detail: 'GET /elsewhere' });
    });

    it('limits no endpoints when it started after the containment, and says so', async () => {
      const { map, told, unlimited, uses } = guarded();
      map.join(LANE);

      const allowed = await uses(2, { route: '/anything', path: '/anything' });

      expect([allowed, unlimited]).toEqual([[true, true], ['office no-memory']]);
      expect(told.some(({ kind }) => kind === 'breach')).toBe(false);
    });
  });
});
