import { randomUUID } from 'node:crypto';
import { jetstreamManager } from '@nats-io/jetstream';
import { connect, type NatsConnection } from '@nats-io/transport-node';
import { Client, Connection } from '@temporalio/client';
import { NativeConnection, Worker } from '@temporalio/worker';
import { createIntelActivities, type ConfiguredList, type IntelDeps, type ListReport } from '../../activities/intel';
import type { InventoryRecord } from '../../domain/credential';
import { partitionOf, publicIdSubject, type Subject } from '../../domain/subject';
import { detectionMessage, type DetectionMessage } from '../../domain/detection';
import { sampleUse } from '../../detectors/sample-life';
import { openBucket } from '../../enforcement/buckets';
import { lastRefresh, refreshNow } from '../../cli/intel-reports';
import type { Detection } from '../../workers/detection/start-detection';
import { ensureStreams } from '../../workers/detection/streams';
import { createIntelDeps } from '../../workers/response/intel-deps';
import { scheduleThreatIntel } from '../../workers/response/schedules';
import { createUsagePublisher } from '../../workers/sources/usage-publisher';
import { THREAT_INTEL_SCHEDULE } from '../../workflows/messages';
import { startSampleDetection } from '../support/detection-worker';
import { eventually } from '../support/eventually';
import { integrationStack } from '../support/integration-stack';
import { listServer, type ListServer } from '../support/list-server';
import { privateNatsServer, type PrivateNatsServer } from '../support/private-nats-server';
import { workflowBundle } from '../support/workflow-bundle';

const PARTITIONS = 2;
const THIEF = '198.51.100.20';
const taskQueue = `threat-intel-${randomUUID()}`;

let server: PrivateNatsServer;
let nats: NatsConnection;
let lists: ListServer;
let native: NativeConnection;
let connection: Connection;
let client: Client;
let deps: IntelDeps;
const configured: ConfiguredList[] = [];
const running: Detection[] = [];
const seen = new Set<string>();

beforeAll(async () => {
  server = await privateNatsServer();
  nats = await connect({ servers: server.url });
  await ensureStreams(await jetstreamManager(nats), { partitions: PARTITIONS });
  lists = await listServer((_request, response) => response.end(`${THIEF}\n`));
  const { temporal } = integrationStack();
  native = await NativeConnection.connect({ address: temporal.address });
  connection = await Connection.connect({ address: temporal.address });
  client = new Client({ connection, namespace: temporal.namespace });
  deps = await createIntelDeps(nats, configured, PARTITIONS);
}, 60_000);

beforeEach(() => {
  configured.splice(0, Infinity, list('bad'));
  lists.answer = (_request, response) => response.end(`${THIEF}\n`);
});

afterEach(async () => {
  await Promise.all(running.splice(0).map((detection) => detection.stop()));
});

afterAll(async () => {
  await connection?.close();
  await native?.close();
  await lists?.stop();
  await nats?.close();
  await server?.stop();
});

function list(name: string, more: Partial<ConfiguredList> = {}): ConfiguredList {
  return {
    name,
    from: `${lists.url}/${name}`,
    format: 'plain',
    says: 'hostile',
    trust: 'high',
    goodForHours: 24,
    ...more,
  };
}

/** A worker for as long as `work` takes. `now` moves the clock that lists are judged by. */
async function withWorker<T>(work: () => Promise<T>, now: () => number = Date.now): Promise<T> {
  const activities = createIntelActivities({ ...deps, now });
  const worker = await Worker.create({ connection: native, taskQueue, workflowBundle, activities });
  return worker.runUntil(work);
}

function refresh(now?: () => number): Promise<readonly ListReport[]> {
  const options = { taskQueue, workflowId: `refresh-${randomUUID()}`, args: [] };
  return withWorker(
    () => client.workflow.execute('refreshThreatIntel', options) as Promise<readonly ListReport[]>,
    now,
  );
}

/** Subjects of their own, one in each partition. */
function subjects(): readonly Subject[] {
  const found = new Map<number, Subject>();
  while (found.size < PARTITIONS) {
    const subject = publicIdSubject('sample', `intel-${randomUUID()}`);
    found.set(partitionOf(subject, PARTITIONS), subject);
  }
  return [...found.values()];
}

/** Which of the subjects the running worker accuses when each is used once from a listed address. */
async function accused(used: readonly Subject[]): Promise<readonly Subject[]> {
  const heard: DetectionMessage[] = [];
  const subscription = nats.subscribe('detections.*', {
    callback: (_error, message) => void heard.push(detectionMessage.parse(message.json())),
  });
  await nats.flush();
  const publisher = createUsagePublisher(nats, { partitions: PARTITIONS, onLost: () => undefined });
  const uses = used.map((subject) => ({
    ...sampleUse({ afterMs: 0, address: THIEF, subject }),
    // The stream stores a batch of the same ids once.
    ...{ id: `${subject}/use/${randomUUID()}`, at: Date.now() },
  }));
  // A message is folded, and what it says is stored, before the next one is looked at.
  const markers = uses.map((use) => ({ ...use, id: `${use.id}/marker`, client: { ...use.client, address: '' } }));
  await publisher.store(uses);
  await publisher.store(markers);
  await eventually(
    () => markers.every(({ id }) => seen.has(id)),
    (all) => all,
  );
  await nats.flush();
  subscription.unsubscribe();
  await publisher.stop();
  return heard
    .filter(({ detection }) => detection.detector === 'threat-intel')
    .map(({ detection }) => detection.subject);
}

async function detect(): Promise<Detection> {
  const records = new Map<Subject, InventoryRecord>();
  const detection = await startSampleDetection(nats, {
    partitions: PARTITIONS,
    inventory: { lookup: (subject) => records.get(subject) },
    onUse: ({ id }) => void seen.add(id),
  });
  running.push(detection);
  return detection;
}

/** Of subjects of their own, by a worker that starts now. */
async function accusedByAnother(): Promise<readonly Subject[]> {
  await detect();
  return accused(subjects());
}

test('a refresh puts a list in force in every partition, at once for a worker that runs and for one that comes later', async () => {
  const first = await detect();
  expect(await accused(subjects())).toEqual([]);

  expect(await refresh()).toMatchObject([{ name: 'bad', networks: 1, trust: 'high' }]);

  const used = subjects();
  expect(new Set(await accused(used))).toEqual(new Set(used));
  await first.stop();
  running.splice(0);
  await detect();
  expect(await accused(subjects())).toHaveLength(PARTITIONS);
});

test('after a bad refresh the last good list stays, and the fault is told', async () => {
  await refresh();
  const bad = [
    ['INTEL_LIST_UNREADABLE', '<html>maintenance</html>', 200],
    ['INTEL_LIST_UNREADABLE', '', 200],
    ['INTEL_LIST_UNREACHABLE', 'no', 500],
  ] as const;
  for (const [code, body, status] of bad) {
    lists.answer = (_request, response) => response.writeHead(status).end(body);

    expect(await refresh()).toMatchObject([{ name: 'bad', networks: 1, fault: { code } }]);
  }

  expect(await accusedByAnother()).toHaveLength(PARTITIONS);
});

test('one bad list takes no other with it', async () => {
  configured.push(list('worse'));
  lists.answer = (request, response) =>
    request.url === '/worse' ? response.writeHead(404).end() : response.end(`${THIEF}\n`);

  expect(await refresh()).toMatchObject([
    { name: 'bad', networks: 1 },
    { name: 'worse', networks: 0, confirmedAt: 0, fault: { code: 'INTEL_LIST_UNREACHABLE' } },
  ]);
});

test('a list that nobody confirmed for too long says nothing any more', async () => {
  await refresh(() => Date.now() - 25 * 3_600_000);
  lists.answer = (_request, response) => response.writeHead(404).end();

  expect(await refresh()).toMatchObject([{ name: 'bad', networks: 0 }]);
  expect(await accusedByAnother()).toEqual([]);
});

test('a list that is taken out of the settings is in force no longer', async () => {
  await refresh();
  configured.splice(0);

  expect(await refresh()).toEqual([]);
  expect(await accusedByAnother()).toEqual([]);
});

test('what has not changed is not sent again, and is confirmed all the same', async () => {
  lists.answer = (request, response) =>
    request.headers['if-none-match'] === '"1"'
      ? response.writeHead(304).end()
      : response.writeHead(200, { etag: '"1"' }).end(`${THIEF}\n`);
  const [before] = await refresh();
  const [after] = await refresh();

  expect(after).toMatchObject({ networks: 1 });
  expect(after?.confirmedAt).toBeGreaterThan(before?.confirmedAt ?? Infinity);
});

test('an event that names a content which is nowhere is left out and kept as a dead letter: the lists before it stay', async () => {
  await refresh();
  await deps.announce({
    ...{ kind: 'intel', id: `forged-${randomUUID()}`, at: Date.now() },
    lists: [{ name: 'bad', content: 'f'.repeat(64), says: 'hostile', trust: 'low', until: Date.now() + 1e6 }],
  });
  const detection = await detect();

  expect(await accused(subjects())).toHaveLength(PARTITIONS);
  expect(detection.counters.deadLetters).toBe(PARTITIONS);
});

test('contents that were replaced are kept for a day, and then forgotten', async () => {
  const kv = await openBucket(nats, 'intel');
  const contents = async () => {
    let count = 0;
    for await (const key of await kv.keys('content.old.>')) count += key === '' ? 0 : 1;
    return count;
  };
  configured.splice(0, Infinity, list('old'));
  const hour = 3_600_000;
  const start = Date.now() - 60 * hour;
  for (const [hours, address] of [
    [0, '198.51.100.1'],
    [1, '198.51.100.2'],
    [24, '198.51.100.3'],
  ] as const) {
    lists.answer = (_request, response) => response.end(address);
    await refresh(() => start + hours * hour);
  }
  expect(await contents()).toBe(3);

  await refresh(() => start + 27 * hour);

  expect(await contents()).toBe(2);
});

test('a large list comes through whole', async () => {
  const addresses = Array.from({ length: 120_000 }, (_, index) => {
    const mixed = (index * 2_654_435_761) >>> 0;
    return `${20 + (mixed & 63)}.${(mixed >>> 8) & 255}.${(mixed >>> 16) & 255}.${mixed >>> 24}`;
  });
  const distinct = new Set([...addresses, THIEF]).size;
  lists.answer = (_request, response) => response.end([...addresses, THIEF].join('\n'));

  expect(await refresh()).toMatchObject([{ networks: distinct }]);
  expect(await accusedByAnother()).toHaveLength(PARTITIONS);
});

describe('the schedule', () => {
  afterAll(() => client.schedule.getHandle(THREAT_INTEL_SCHEDULE).delete());

  test('is made once, refreshes at once, and can be asked to', async () => {
    const settings = { everyMinutes: 60, lists: [{}] } as unknown as Parameters<typeof scheduleThreatIntel>[2];

    await withWorker(async () => {
      await Promise.all([1, 2].map(() => scheduleThreatIntel(client.schedule, taskQueue, settings)));
      const first = await eventually(
        () => lastRefresh(client),
        (refreshed) => refreshed !== undefined,
      );
      await scheduleThreatIntel(client.schedule, taskQueue, { ...settings, everyMinutes: 30 });
      const asked = await refreshNow(client);

      expect(first?.lists).toMatchObject([{ name: 'bad', networks: 1 }]);
      expect(asked?.lists).toMatchObject([{ name: 'bad', networks: 1 }]);
    });

    const schedule = client.schedule.getHandle(THREAT_INTEL_SCHEDULE);
    await schedule.pause();
    const before = (await schedule.describe()).info.numActionsTaken;
    await scheduleThreatIntel(client.schedule, taskQueue, { ...settings, everyMinutes: 30 });
    const { spec, info } = await schedule.describe();
    expect(info.numActionsTaken).toBe(before);
    expect(spec.intervals).toMatchObject([{ every: 30 * 60_000 }]);
  });
});
