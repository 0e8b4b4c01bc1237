import fc from 'fast-check';
import { formatToken } from '../../../../domain/token-format';
import { mapPostgresLogLine, type PostgresLogScope } from '../../../../detectors/sources/postgres-jsonlog';
import { LoginPairing } from '../../../../detectors/sources/postgres-login';

const scope: PostgresLogScope = {
  account: 'main',
  principalKindOf: (subject) => (subject.includes('/orders') ? 'workload' : undefined),
  probeOf: (name) => (name === 'our mark' ? 'p1' : undefined),
};

/** A line as PostgreSQL 15 writes it. */
function line(more: Record<string, unknown>): string {
  return JSON.stringify({
    timestamp: '2026-11-24 18:31:42.045 UTC',
    user: 'orders_a',
    dbname: 'orders',
    pid: 15487,
    remote_host: '127.0.0.1',
    remote_port: 44804,
    session_id: '6b05d80e.3c7f',
    line_num: 3,
    ps: 'authentication',
    error_severity: 'LOG',
    message: 'connection authorized: user=orders_a database=orders application_name=orders-api',
    backend_type: 'client backend',
    ...more,
  });
}

function agentOf(message: string): string | undefined {
  const mapped = mapPostgresLogLine(line({ message }), scope);
  return mapped.kind === 'event' ? mapped.event.client.agent : undefined;
}

test('a login becomes an accepted event with an id that a second reading gives again', () => {
  const mapped = mapPostgresLogLine(line({}), scope);

  expect(mapped).toEqual({
    kind: 'event',
    session: '6b05d80e.3c7f',
    event: {
      kind: 'usage',
      id: 'pg:main:6b05d80e.3c7f:3',
      at: Date.UTC(2026, 10, 24, 18, 31, 42, 45),
      subject: 'id:postgres-role:main/orders_a',
      source: 'postgres-log',
      principalKind: 'workload',
      client: { address: '127.0.0.1', agent: 'orders-api' },
      action: { kind: 'login', name: 'login' },
      outcome: 'accepted',
    },
  });
});

test('an application that is called by a token of ours is not', () => {
  const token = formatToken((size) => Buffer.alloc(size, 7));
  const user = 'connection authorized: user=orders_a database=orders';

  expect(agentOf(`${user} application_name=${token}`)).toBe('[secret]');
});

test.each([
  ['spaces', 'application_name=DBeaver 24.1 - Main', 'DBeaver 24.1 - Main'],
  ['none', '', ''],
  [
    'encryption',
    'application_name=psql SSL enabled (protocol=TLSv1.3, cipher=TLS_AES_256_GCM_SHA384, bits=256)',
    'psql',
  ],
  ['a name that imitates the words', 'application_name=x application_name=orders-api', 'x application_name=orders-api'],
])('application name: %s', (_title, text, expected) => {
  expect(agentOf(`connection authorized: user=orders_a database=orders ${text}`.trim())).toBe(expected);
});

test('a user name with spaces does not shift the fields', () => {
  const message = 'connection authorized: user=orders database=x database=orders application_name=psql';
  const mapped = mapPostgresLogLine(line({ user: 'orders database=x', message }), {
    ...scope,
    principalKindOf: () => 'workload',
  });

  expect(mapped.kind).toBe('ignored');
});

test.each([
  ['wrong password', '28P01', 'authentication'],
  ['role may not log in', '28000', 'authentication'],
  ['no such database', '3D000', 'failed'],
])('%s', (_title, stateCode, outcome) => {
  const text = line({ error_severity: 'FATAL', state_code: stateCode, ps: 'startup', message: 'no' });

  expect(mapPostgresLogLine(text, scope)).toMatchObject({ kind: 'event', event: { outcome } });
});

test.each([
  ['a role that is not ours', line({ user: 'somebody' })],
  ['an ordinary statement', line({ message: 'statement: select 1' })],
  ['a session that is ended', line({ error_severity: 'FATAL', state_code: '57P01', ps: 'idle' })],
  ['the server itself', line({ user: undefined, message: 'checkpoint complete' })],
])('ignored: %s', (_title, text) => {
  expect(mapPostgresLogLine(text, scope)).toEqual({ kind: 'ignored' });
});

test.each([
  ['not JSON', '{"timestamp": "2026-'],
  ['a field missing', JSON.stringify({ message: 'connection authorized: user=orders_a' })],
  ['another time zone', line({ timestamp: '2026-11-24 18:31:42.045 CET' })],
])('malformed: %s', (_title, text) => {
  expect(mapPostgresLogLine(text, scope)).toMatchObject({ kind: 'malformed', code: 'USAGE_EVENT_MALFORMED' });
});

test('our own signed probe is marked', () => {
  const message = 'connection authorized: user=orders_a database=orders application_name=our mark';

  expect(mapPostgresLogLine(line({ message }), scope)).toMatchObject({ event: { probe: 'p1' } });
});

test('nothing makes the mapper throw, and no value of a faulty line is told', () => {
  fc.assert(
    fc.property(fc.oneof(fc.string(), fc.json()), (text) => {
      const mapped = mapPostgresLogLine(text, scope);
      if (mapped.kind === 'malformed') expect(mapped.fault.length).toBeLessThan(201);
    }),
  );
});

describe('pairing a login with the refusal that may follow', () => {
  const mapped = (more: Record<string, unknown>) => {
    const result = mapPostgresLogLine(line(more), scope);
    if (result.kind !== 'event') throw new Error('not an event');
    return result;
  };

  test('a login is accepted when nothing follows', () => {
    const pairing = new LoginPairing<number>(15);

    pairing.take(mapped({}), 100, 0);
    expect(pairing.settled(14)).toEqual([]);
    expect(pairing.firstMark()).toBe(100);
    expect(pairing.settled(15)).toMatchObject([{ outcome: 'accepted' }]);
    expect(pairing.firstMark()).toBeUndefined();
  });

  test('a role that may not log in was not accepted, though PostgreSQL first says "authorized"', () => {
    const pairing = new LoginPairing<number>(15);
    pairing.take(mapped({}), 100, 0);

    pairing.take(mapped({ error_severity: 'FATAL', state_code: '28000', line_num: 4 }), 200, 1);

    expect(pairing.settled(1)).toMatchObject([{ outcome: 'authentication', client: { agent: 'orders-api' } }]);
    expect(pairing.settled(1_000)).toEqual([]);
  });

  test('sessions are told apart, and order is kept', () => {
    const pairing = new LoginPairing<number>(15);
    pairing.take(mapped({}), 100, 0);

    pairing.take(mapped({ session_id: 'other', error_severity: 'FATAL', state_code: '28P01' }), 200, 1);

    expect(pairing.settled(1)).toEqual([]);
    expect(pairing.settled(15)).toMatchObject([{ outcome: 'accepted' }, { outcome: 'authentication' }]);
  });
});
