import pino from 'pino';
import type { ActivityDeps } from '../../activities/deps';
import { createNotificationActivities, type NotifyInput } from '../../activities/notification';
import { createConsoleNotifier } from '../../activities/notifiers/console';
import { createSlackNotifier } from '../../activities/notifiers/slack';
import { openDatabase, type Database } from '../../activities/store/database';
import { createDeliveryLog } from '../../activities/store/delivery-log';
import { createDigestBox } from '../../activities/store/digest-box';
import { migrate } from '../../activities/store/migrate';
import type { AuditEvent } from '../../domain/ports/stores';
import { sendDigests } from '../../workers/response/send-digests';
import { freshDatabase, type FreshDatabase } from '../support/fresh-database';
import { integrationStack } from '../support/integration-stack';
import { startNoticeReceiver } from '../support/notice-receiver';
import { runActivity } from '../support/run-activity';

let fresh: FreshDatabase;
let database: Database;
let receiver: Awaited<ReturnType<typeof startNoticeReceiver>>;

beforeEach(async () => {
  fresh = await freshDatabase(integrationStack().postgres.adminUrl, 'digests');
  await migrate(fresh.url);
  database = openDatabase(fresh.url, { applicationName: 'digests' });
  receiver = await startNoticeReceiver(200);
});

afterEach(async () => {
  await receiver.stop();
  await database.end();
  await fresh.drop();
});

const silent = pino({ level: 'silent' });

/** A response worker's part that tells people: Slack (the stand-in) and its log. */
function worker(log = silent) {
  const audit: AuditEvent[] = [];
  const channels = [
    { notifier: 'slack', target: `${receiver.url}/hook` },
    { notifier: 'console', target: '' },
  ];
  const deps = {
    audiences: { engineering: channels, security: channels, product: channels },
    notifiers: new Map([createSlackNotifier(), createConsoleNotifier(log)].map((one) => [one.id, one])),
    deliveries: createDeliveryLog(database),
    digests: createDigestBox(database),
    audit: { append: (event: AuditEvent) => Promise.resolve(void audit.push(event)) },
    incidentUrl: (id: string) => `http://temporal.test/${id}`,
    incidentsUrl: 'http://temporal.test/all',
  } as unknown as ActivityDeps;
  const { notifyAudience } = createNotificationActivities(deps);
  return {
    audit,
    tell: (credential: string, change: Partial<NotifyInput['notice']> = {}) =>
      runActivity(notifyAudience, inputOf(credential, change)),
    round: () => sendDigests(deps, silent),
  };
}

function inputOf(credential: string, change: Partial<NotifyInput['notice']>): NotifyInput {
  const notice = {
    kind: 'contained',
    provider: 'postgres-role',
    ownerTeam: 'payments',
    severity: 'high',
    reason: 'used from a new address',
    summary: 'It is refused.',
    cause: 'reported by feed:github',
    ...change,
  } as const;
  const incidentId = `incident/${credential}/1`;
  const stepKey = `${credential}/notify.${notice.kind}`;
  return { incidentId, runId: 'run', credentialId: credential, version: 1, stepKey, audience: 'security', notice };
}

interface Message {
  readonly text: string;
  readonly blocks: readonly { readonly text?: { readonly text: string } }[];
}

const messages = (): readonly Message[] => receiver.received.map(({ text }) => JSON.parse(text) as Message);
const titles = (): readonly string[] => messages().map(({ text }) => text);
const bodyOf = (message: Message | undefined): string => message?.blocks[1]?.text?.text ?? '';

/** As if so much time had passed. */
async function later(ms: number): Promise<void> {
  await database.query(`UPDATE digest_notices SET at = at - $1 * interval '1 ms'`, [ms]);
  await database.query(
    `UPDATE digests SET made_at = made_at - $1 * interval '1 ms', claimed_until = claimed_until - $1 * interval '1 ms'`,
    [ms],
  );
}

const NAMES = Array.from({ length: 40 }, (_, index) => `key-${String(index).padStart(2, '0')}`);

test('of forty incidents of one cause three are told alone and the others as one, whoever tells and whoever sends', async () => {
  const workers = [worker(), worker()];

  const change = (index: number) => (index === 20 ? ({ severity: 'critical' } as const) : {});
  await Promise.all(NAMES.map((name, index) => workers[index % 2]!.tell(name, change(index))));
  expect(titles()).toHaveLength(3);
  await Promise.all(workers.map(({ round }) => round()));
  expect(titles()).toHaveLength(3);

  await later(15_000);
  await Promise.all(workers.map(({ round }) => round()));
  await later(3_600_000);
  await Promise.all(workers.map(({ round }) => round()));

  const alone = titles().slice(0, 3).join();
  const waited = NAMES.filter((name) => !alone.includes(name));
  expect(titles()).toHaveLength(4);
  expect(titles()[3]).toMatch(/^\[(critical|high)\] 37 more credentials: leaked$/);
  const body = bodyOf(messages()[3]);
  expect(body).toContain('One cause (reported by feed:github)');
  expect(
    body.match(/leaked and is contained \(payments; used from a new address\): http:\/\/temporal.test\/incident/g),
  ).toHaveLength(6);
  expect(body).toContain('and 31 more: key-');
  // Everybody's trail says when people were told.
  const told = workers.flatMap(({ audit }) => audit).filter(({ actor }) => actor === 'digest');
  expect(told.map(({ detail }) => detail['credential']).sort()).toEqual(waited);
});

test('programs and logs hear of each at once, and so does everybody of what asks people, or ends unresolved', async () => {
  const lines: string[] = [];
  const { tell, round } = worker(pino({ level: 'warn' }, { write: (line: string) => void lines.push(line) }));

  for (const name of NAMES.slice(0, 5)) await tell(name);
  for (const kind of ['person-needed', 'unresolved'] as const)
    for (const name of NAMES.slice(0, 5)) await tell(name, { kind });
  await later(60_000);
  await round();

  expect(lines).toHaveLength(15);
  expect(titles()).toHaveLength(3 + 10 + 1);
});

test('another cause, another kind and an exercise are told apart, and time makes room again', async () => {
  const { tell, round } = worker();

  for (const [index, change] of [
    {},
    { cause: 'detected: origin' },
    { kind: 'resolved' },
    { simulated: true },
  ].entries())
    for (const name of NAMES.slice(0, 3)) await tell(`${name}-${index}`, change as Partial<NotifyInput['notice']>);
  expect(titles()).toHaveLength(12);
  await tell('held', { simulated: true });
  await later(600_000);
  await tell('alone');
  await round();

  expect(titles().slice(12)).toEqual([
    '[high] alone v1 leaked and is contained',
    'SIMULATED [high] held v1 leaked and is contained',
  ]);
});

test('what somebody must mend is told alone, and what waits is told no more when there is later news of it', async () => {
  const { tell, round } = worker();

  for (const name of NAMES.slice(0, 6)) await tell(name);
  await tell('key-05', { kind: 'restored' });
  for (const name of NAMES.slice(0, 5)) await tell(name, { kind: 'resolved', toMend: true });
  await later(15_000);
  await round();

  expect(titles()).toHaveLength(3 + 1 + 5 + 1);
  expect(bodyOf(messages().at(-1))).not.toContain('key-05');
});

test('a digest that nobody took for a day is told no more', async () => {
  const { tell, round } = worker();
  for (const name of NAMES.slice(0, 5)) await tell(name);
  await receiver.behave('fail');
  await later(15_000);
  await round();
  await later(86_500_000);
  await receiver.behave('deliver');

  await round();

  expect(titles()).toHaveLength(3);
});

test('what is told again is told in the same way, and a digest that was not taken is sent again as it was', async () => {
  const { tell, round, audit } = worker();

  for (const name of NAMES.slice(0, 5)) await tell(name);
  for (const name of NAMES.slice(0, 5)) await tell(name);
  expect(titles()).toHaveLength(3);
  await receiver.behave('fail');
  await later(15_000);
  await round();
  await tell('later');
  await receiver.behave('deliver');
  await round();
  expect([titles().length, audit.filter(({ actor }) => actor === 'digest').length]).toEqual([3, 0]);

  await later(61_000);
  await round();
  await round();

  expect(titles().slice(3)).toEqual(['[high] 2 more credentials: leaked', '[high] later v1 leaked and is contained']);
});

test('a steady flood is told once a minute', async () => {
  const { tell, round } = worker();

  for (let second = 0; second < 180; second += 10) {
    await tell(`key-${second}`);
    await round();
    await later(10_000);
  }

  expect(titles().slice(3).length).toBeLessThanOrEqual(3);
  expect(titles().slice(3).length).toBeGreaterThanOrEqual(2);
});

test('while PostgreSQL is away people hear of each', async () => {
  const { tell } = worker();
  await database.query('DROP TABLE digest_notices');

  for (const name of NAMES.slice(0, 6)) await tell(name);

  expect(titles()).toHaveLength(6);
});

test('a channel that takes no digest for long shows', async () => {
  const { tell, round } = worker();
  for (const name of NAMES.slice(0, 4)) await tell(name);
  await receiver.behave('fail');
  await later(15_000);
  await round();
  await later(660_000);
  const lines: string[] = [];
  const other = worker(pino({ level: 'warn' }, { write: (line: string) => void lines.push(line) }));

  await other.round();

  expect(lines.join()).toContain('security could not be told (incidents: 1)');
});
