import { appendFile, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pino } from 'pino';
import type { InventoryRecord } from '../../../domain/credential';
import type { UsageEvent } from '../../../domain/usage-event';
import type { LogPosition, LogPositions } from '../../../workers/sources/log-position';
import { tailPostgresLog, type PostgresLogOptions } from '../../../workers/sources/postgres-log';

let directory: string;
let logFile: string;
let session = 0;

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'tourniquet-pg-'));
  logFile = join(directory, 'a.json');
  await writeFile(logFile, '');
});

afterEach(() => rm(directory, { recursive: true }));

function login(agent: string): string {
  session += 1;
  const line = {
    timestamp: `${new Date().toISOString().replace('T', ' ').replace('Z', '')} UTC`,
    session_id: `s${session}`,
    line_num: 3,
    error_severity: 'LOG',
    user: 'orders',
    dbname: 'orders',
    remote_host: '127.0.0.1',
    message: `connection authorized: user=orders database=orders application_name=${agent}`,
  };
  return `${JSON.stringify(line)}\n`;
}

class Positions implements LogPositions {
  saved: LogPosition | undefined;
  load = () => Promise.resolve(this.saved);
  save = (position: LogPosition) => Promise.resolve(void (this.saved = position));
}

function tail(more: Pick<PostgresLogOptions, 'publish'> & Partial<PostgresLogOptions>) {
  return tailPostgresLog({
    account: 'main',
    directory,
    inventory: { lookup: () => ({ principalKind: 'workload' }) as InventoryRecord },
    log: pino({ level: 'silent' }),
    ...more,
  });
}

async function until(condition: () => boolean): Promise<void> {
  for (const end = Date.now() + 3_000; !condition() && Date.now() < end;) {
    await new Promise((resolve) => setTimeout(resolve, 2));
  }
}

test('gives a login as it is written, without another line behind it', async () => {
  const seen: UsageEvent[] = [];
  const running = await tail({ publish: (events) => void seen.push(...events) });

  await appendFile(logFile, login('orders-api'));
  await until(() => seen.length > 0);
  await running.stop();

  expect(seen).toMatchObject([{ outcome: 'accepted', client: { agent: 'orders-api' } }]);
});

test('waits for a directory that is not there yet, and reads all that is in it then', async () => {
  const seen: UsageEvent[] = [];
  const later = join(directory, 'later');
  const running = await tail({ directory: later, publish: (events) => void seen.push(...events) });

  await mkdir(later);
  await writeFile(join(later, 'a.json'), login('orders-api'));
  await until(() => seen.length > 0);
  await running.stop();

  expect(seen).toMatchObject([{ client: { agent: 'orders-api' } }]);
});

test('offers events again until they are taken, and misses none over a restart', async () => {
  const positions = new Positions();
  const seen: string[] = [];
  let refusals = 0;
  const first = await tail({
    positions,
    publish: (events) => {
      if (refusals < 2) {
        refusals += 1;
        return Promise.reject(new Error('away'));
      }
      seen.push(...events.map(({ client }) => client.agent));
      return Promise.resolve();
    },
  });
  await appendFile(logFile, login('one') + login('two'));
  await until(() => seen.length >= 2);
  await first.stop();
  await appendFile(logFile, login('three'));

  const second = await tail({
    positions,
    publish: (events) => void seen.push(...events.map(({ client }) => client.agent)),
  });
  await appendFile(logFile, login('four'));
  await until(() => seen.length >= 4);
  await second.stop();

  expect(seen).toEqual(['one', 'two', 'three', 'four']);
});

test('what was read and not taken when it was stopped is read again', async () => {
  const positions = new Positions();
  const first = await tail({ positions, publish: () => Promise.reject(new Error('away')) });
  await appendFile(logFile, login('one'));
  await until(() => first.counters.lines > 0);
  await first.stop();

  const seen: string[] = [];
  const second = await tail({
    positions,
    beginAt: 'start',
    publish: (events) => void seen.push(...events.map(({ client }) => client.agent)),
  });
  await until(() => seen.length > 0);
  await second.stop();

  expect(seen).toEqual(['one']);
});

test('an unreadable line is counted and stops nothing', async () => {
  const seen: UsageEvent[] = [];
  const running = await tail({ publish: (events) => void seen.push(...events) });

  await appendFile(logFile, `{"half": \n${login('orders-api')}`);
  await until(() => seen.length > 0);
  await running.stop();

  expect(seen).toHaveLength(1);
  expect(running.counters).toMatchObject({ lines: 2, malformed: 1, events: 1 });
});
