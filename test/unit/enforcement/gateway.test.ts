import type { InventoryRecord } from '../../../domain/credential';
import { fingerprint } from '../../../domain/fingerprint';
import type { UsageEvent } from '../../../domain/usage-event';
import type { RefusalCheck } from '../../../enforcement/denylist-map';
import { createGateway, type GatewayRequest } from '../../../enforcement/gateway';
import type { CheckedToken } from '../../../enforcement/token-check';

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
  check: (subject: string, address: string, now: number) => RefusalCheck,
  token: CheckedToken | undefined,
  lookup: (subject: string) => InventoryRecord | undefined = () => undefined,
  shut: readonly string[] = [],
) {
  const events: UsageEvent[] = [];
  let lookups = 0;
  const gateway = createGateway({
    id: 'g',
    mirror: { check },
    failsClosed: (method, path) => shut.includes(`${method} ${path}`),
    tokens: () => {
      lookups += 1;
      return Promise.resolve(token);
    },
    fingerprintKeys: KEYS,
    inventory: { lookup },
    emit: (event) => void events.push(event),
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
    });
    expect(events).toHaveLength(1);
    expect(events[0]).toMatchObject({
      subject: fingerprint('the-token', KEYS[0]),
      outcome: 'accepted',
      action: { kind: 'write', name: 'POST /orders' },
    });
    expect(JSON.stringify(events)).not.toContain('the-token');
  });

  it('refuses what is on the denylist under any live key before it asks the issuer', async () => {
    const underOldKey = fingerprint('the-token', KEYS[1]);
    const { gateway, events, lookups } = gatewayWith((subject) => (subject === underOldKey ? refused : free()), ACTIVE);

    await expect(gateway.authorize(request)).resolves.toEqual({ allowed: false, status: 401, reason: 'contained' });
    expect(lookups()).toBe(0);
    expect(events[0]).toMatchObject({ outcome: 'contained' });
  });

  it('refuses a request whose hold came while the issuer was asked', async () => {
    let held = false;
    const { gateway, events } = gatewayWith(() => (held ? refused : free()), ACTIVE);

    const decision = gateway.authorize(request);
    held = true;

    await expect(decision).resolves.toEqual({ allowed: false, status: 401, reason: 'contained' });
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
          by === 'inventory' && subject === underOldKey ? ({ principalKind: 'workload' } as never) : undefined,
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
});
