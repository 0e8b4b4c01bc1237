import { atLeast } from '../../../domain/severity';
import { publicIdSubject } from '../../../domain/subject';
import type { UsageEvent } from '../../../domain/usage-event';
import { networkKey } from '../../../detectors/network-key';
import { manyPlaces, SAMPLE_START, sampleUse, steadyLife } from '../../../detectors/sample-life';
import { foldAll, inOrder, type Message } from './folding';

const places = {
  '192.0.2.10': { network: '192.0.2.0/24', country: 'DE' },
  '198.18.0.20': { network: '198.18.0.0/24', country: 'DE' },
  '198.51.100.66': { network: '198.51.100.0/24', country: 'BR' },
  ...manyPlaces(400, ['BR', 'VN', 'IN', 'NG', 'ID']),
};

function severest(messages: readonly Message[]): string[] {
  return messages.map((message) => message.assessment.severity);
}

describe('an API token used by two services behind a gateway', () => {
  const from = (address: string, agent: string) => ({ everyMs: 50, address, agent, principalKind: 'unknown' as const });
  const life = (seconds: number, startsAfterMs = 0) =>
    inOrder(
      steadyLife({ count: seconds * 20, ...from('192.0.2.10', 'storefront/1.4 node') }),
      steadyLife({ count: seconds * 20, afterMs: startsAfterMs + 7, ...from('198.18.0.20', 'billing/2.0 node') }),
    );
  const attack = sampleUse({
    afterMs: 5_003,
    address: '198.51.100.66',
    agent: 'python-requests/2.32',
    principalKind: 'unknown',
  });

  test.each([0, 400, 1_500, 2_900])(
    'legitimate life is quiet when the second service starts %d ms later',
    (startsAfterMs) => {
      expect(foldAll(life(60, startsAfterMs), places).messages).toEqual([]);
    },
  );

  test('the first abusive event is high: two independent families', () => {
    const { messages } = foldAll(inOrder(life(20), [attack]), places);

    const first = messages.filter((message) => message.detection.eventIds.includes(attack.id));
    expect(first.map((message) => message.detection.family)).toEqual(['origin', 'travel']);
    expect(severest(first)).toEqual(['high', 'high']);
    expect(first[0]?.assessment).toMatchObject({ firstAbuseAt: SAMPLE_START + 5_003, deterministic: false });
    expect(first[0]?.assessment.reason).toMatch(/used from BR 1 s after use in DE, at least \d,\d00 km away/);
    expect(messages).toHaveLength(2);
  });

  test('an accepted write of the thief is critical', () => {
    const write: UsageEvent = { ...attack, action: { kind: 'write', name: 'POST /orders' } };

    expect(severest(foldAll(inOrder(life(20), [write]), places).messages)).toEqual(['critical', 'critical']);
  });

  test('a write after a read raises the severity at once, in one message', () => {
    const write = sampleUse({
      afterMs: 5_900,
      address: '198.51.100.66',
      agent: 'python-requests/2.32',
      action: 'write',
      principalKind: 'unknown',
    });

    expect(severest(foldAll(inOrder(life(20), [attack, write]), places).messages)).toEqual([
      'high',
      'high',
      'critical',
    ]);
  });

  test('the botnet that follows is seen as a spread and as volume, in few messages', () => {
    const bots = Object.keys(manyPlaces(400, ['BR'])).map((address, index) =>
      sampleUse({ afterMs: 15_000 + index * 4, address, agent: 'okhttp/4', principalKind: 'unknown' }),
    );
    const { messages } = foldAll(inOrder(life(30), [attack], bots), places);

    expect(new Set(messages.map((message) => message.detection.family))).toEqual(
      new Set(['origin', 'travel', 'spread', 'volume']),
    );
    expect(messages.length).toBeLessThan(12);
  });

  test('legitimate events after the attack are accused of nothing', () => {
    const { messages } = foldAll(inOrder(life(60), [attack]), places);

    expect(messages.every((message) => message.detection.eventIds.includes(attack.id))).toBe(true);
  });
});

describe('a PostgreSQL role that three services log in to', () => {
  const subject = publicIdSubject('postgres-role', 'main/orders_a');
  const login = (afterMs: number, address: string, agent: string) =>
    sampleUse({ afterMs, address, agent, action: 'login', subject });
  const local = (address: string) => ({ network: networkKey(address), country: '' });
  const loopback = { '127.0.0.1': local('127.0.0.1'), '127.0.0.66': local('127.0.0.66') };
  const pool = (agent: string, startMs: number, logins: number, everyMs: number) =>
    Array.from({ length: logins }, (_, index) => login(startMs + index * everyMs, '127.0.0.1', agent));
  const life = inOrder(
    pool('orders-api', 0, 8, 700),
    pool('orders-worker', 40, 8, 700),
    pool('orders-report', 90, 8, 700),
  );
  const attack = login(5_650, '127.0.0.66', 'psql');

  test('legitimate life is quiet', () => {
    expect(foldAll(life, loopback).messages).toEqual([]);
  });

  test.each([
    ['all pools fill in the same second', inOrder(pool('orders-api', 0, 10, 20), pool('orders-worker', 300, 10, 20))],
    [
      'a service starts two seconds later',
      inOrder(pool('orders-api', 0, 10, 20), pool('orders-report', 2_300, 10, 20)),
    ],
  ])('start-up is quiet: %s', (_title, startUp) => {
    expect(foldAll(startUp, loopback).messages).toEqual([]);
  });

  test('the first login of the thief is high: origin and workload', () => {
    const { messages } = foldAll(inOrder(life, [attack]), loopback);

    expect(messages.map((message) => message.detection.family)).toEqual(['origin', 'workload']);
    expect(severest(messages)).toEqual(['high', 'high']);
  });

  test('wrong passwords for a role prove no leak, from wherever they come', () => {
    const guesses = Array.from({ length: 200 }, (_, index) => ({
      ...login(6_000 + index, '127.0.0.66', 'psql'),
      outcome: 'authentication' as const,
    }));

    expect(foldAll(inOrder(life, guesses), loopback).messages).toEqual([]);
  });

  test('an operator with psql on the same address is medium: one witness, however many words', () => {
    const { messages } = foldAll(inOrder(life, [login(5_650, '127.0.0.1', 'psql')]), loopback);

    expect(messages.length).toBeGreaterThan(0);
    expect(messages.every((message) => !atLeast(message.assessment.severity, 'high'))).toBe(true);
  });
});
