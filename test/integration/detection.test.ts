import { gzipSync } from 'node:zlib';
import { jetstream, jetstreamManager, type JetStreamClient, type JetStreamManager } from '@nats-io/jetstream';
import { Kvm, type KV } from '@nats-io/kv';
import { connect, type NatsConnection } from '@nats-io/transport-node';
import { Client } from 'pg';
import { pino } from 'pino';
import type { InventoryRecord } from '../../domain/credential';
import { detectionMessage, type Assessment, type DetectionMessage } from '../../domain/detection';
import { DEFAULT_POLICY } from '../../domain/policy';
import type { Severity } from '../../domain/severity';
import { weighed, type SeverityRule } from '../../domain/severity-mapping';
import { partitionOf, publicIdSubject, type Subject } from '../../domain/subject';
import type { StreamEvent, UsageEvent } from '../../domain/usage-event';
import { foldPartition } from '../../detectors/partition-fold';
import { emptyPartition, emptySubject, type PartitionState } from '../../detectors/partition-state';
import { isRepeated } from '../../detectors/recent-ids';
import { takeInHand } from '../../detectors/rows';
import { SAMPLE_PLACES, sampleUse, steadyLife } from '../../detectors/sample-life';
import { NOWHERE } from '../../detectors/located-event';
import { DEAD_LETTER_HEADERS } from '../../workers/detection/dead-letter';
import type { Hold } from '../../workers/detection/publish-detection';
import { heldBy, NO_SNAPSHOT, SnapshotStore, type Stored } from '../../workers/detection/snapshot-store';
import type { Detection, DetectionOptions } from '../../workers/detection/start-detection';
import { ensureStreams } from '../../workers/detection/streams';
import { tailPostgresLog } from '../../workers/sources/postgres-log';
import { createUsagePublisher } from '../../workers/sources/usage-publisher';
import { startSampleDetection } from '../support/detection-worker';
import { integrationStack } from '../support/integration-stack';
import { liveRecord } from '../support/live-record';
import { publishUsage } from '../support/publish-usage';
import { privateNatsServer, type PrivateNatsServer } from '../support/private-nats-server';

const PARTITIONS = 2;
const SECONDS = 1_000;

const locate = (event: UsageEvent) => SAMPLE_PLACES[event.client.address] ?? NOWHERE;
const log = pino({ level: 'silent' });

let server: PrivateNatsServer;
let nats: NatsConnection;
let client: JetStreamClient;
let manager: JetStreamManager;
const running: Detection[] = [];
let nextSubject = 0;

beforeAll(async () => {
  server = await privateNatsServer();
  nats = await connect({ servers: server.url });
  client = jetstream(nats);
  manager = await jetstreamManager(nats);
  await ensureStreams(manager, { partitions: PARTITIONS });
}, 60 * SECONDS);

afterEach(async () => {
  await Promise.all(running.splice(0).map((detection) => detection.stop()));
});

afterAll(async () => {
  await nats.close();
  await server.stop();
});

/** A subject of its own for each test, in partition 0. */
function newSubject(): Subject {
  for (;;) {
    const subject = publicIdSubject('sample', `integration-${nextSubject++}`);
    if (partitionOf(subject, PARTITIONS) === 0) return subject;
  }
}

function record(subject: Subject, more: Partial<InventoryRecord> = {}): InventoryRecord {
  return { ...liveRecord(subject), ...more };
}

interface StartOptions extends Pick<DetectionOptions, 'weigh'> {
  readonly hold?: Hold;
  readonly records?: readonly InventoryRecord[];
  readonly nats?: NatsConnection;
}

async function start(options: StartOptions = {}) {
  const records = new Map((options.records ?? []).map((item) => [item.subject, item]));
  const detection = await startSampleDetection(options.nats ?? nats, {
    partitions: PARTITIONS,
    inventory: { lookup: (subject) => records.get(subject) },
    ...(options.hold ? { hold: options.hold } : {}),
    ...(options.weigh ? { weigh: options.weigh } : {}),
  });
  running.push(detection);
  return detection;
}

/** Writes the chunk that is furthest behind. */
const saveNext = (store: SnapshotStore, ...of: Parameters<SnapshotStore['take']>) => store.write(store.take(...of));

/** A healthy minute of one subject, seconds ago, and a thief in the middle of it. */
function lifeAndThief(subject: Subject): { life: UsageEvent[]; thief: UsageEvent } {
  const shift = Date.now() - 20 * SECONDS - sampleUse({ afterMs: 0 }).at;
  const now = (use: UsageEvent) => ({ ...use, at: use.at + shift, id: `${subject}-${use.id}` });
  return {
    life: steadyLife({ count: 100, everyMs: 100, subject }).map(now),
    thief: now(sampleUse({ afterMs: 10_050, address: '198.51.100.20', agent: 'sqlmap/1.7', subject })),
  };
}

function publish(...batches: readonly (readonly StreamEvent[])[]): Promise<void> {
  return publishUsage(nats, PARTITIONS, batches);
}

/** The detections of a subject that are stored by now. */
async function detectionsOf(subject: Subject): Promise<DetectionMessage[]> {
  const { state } = await manager.streams.info('DETECTIONS');
  const found: DetectionMessage[] = [];
  for (let seq = Math.max(1, state.first_seq); seq <= state.last_seq; seq++) {
    const stored = await manager.streams.getMessage('DETECTIONS', { seq });
    const parsed = detectionMessage.parse(stored?.json());
    if (parsed.detection.subject === subject) found.push(parsed);
  }
  return found;
}

async function eventually<T>(read: () => Promise<T>, done: (value: T) => boolean, withinMs = 60 * SECONDS): Promise<T> {
  const end = Date.now() + withinMs;
  for (;;) {
    const value = await read();
    if (done(value) || Date.now() > end) return value;
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}

test('refuses first, then tells, at once', async () => {
  const subject = newSubject();
  const { life, thief } = lifeAndThief(subject);
  const held: { at: number; stored: number; message: DetectionMessage }[] = [];
  await start({
    records: [record(subject)],
    hold: async (message) => {
      held.push({ at: Date.now(), stored: (await detectionsOf(subject)).length, message });
      return { denylistRevision: 7, at: Date.now() };
    },
  });
  await publish(life);
  await new Promise((resolve) => setTimeout(resolve, 300));

  const begin = Date.now();
  await publish([thief]);
  const detections = await eventually(
    () => detectionsOf(subject),
    (found) => found.length >= 2,
  );

  expect(detections.map(({ detection }) => detection.family)).toEqual(['origin', 'travel']);
  expect(detections[0]).toMatchObject({ assessment: { severity: 'high' }, hold: { denylistRevision: 7 } });
  expect(detections[1]).toMatchObject({ hold: { denylistRevision: 7 } });
  expect(held.map(({ stored }) => stored)).toEqual([0]);
  expect((held[0]?.at ?? Infinity) - begin).toBeLessThan(2 * SECONDS);
});

test('judges a session by the habits of its principal, in whichever partition its key would be', async () => {
  const principal = newSubject();
  const { life, thief } = lifeAndThief(principal);
  const session = (index: number) => publicIdSubject('sample', `session-${index}-of-${principal}`);
  await start();

  await publish(
    life.map((use, index) => ({ ...use, subject: session(index % 10), principal })),
    [{ ...thief, subject: session(11), principal }],
  );

  const detections = await eventually(
    () => detectionsOf(session(11)),
    (found) => found.length >= 1,
  );
  expect(detections.map(({ detection }) => detection.family)).toEqual(['origin']);
});

test.each([
  ['break-glass', { protection: 'break-glass' as const }],
  ['our own', { protection: 'own' as const }],
  ['enforced by its provider', { enforcement: 'provider' as const }],
  ['not live any more', { state: 'revoked' as const }],
])('holds nothing that is %s, and tells all the same', async (_title, more) => {
  const subject = newSubject();
  const { life, thief } = lifeAndThief(subject);
  const hold = jest.fn<ReturnType<Hold>, Parameters<Hold>>(() => Promise.resolve({ denylistRevision: 1, at: 1 }));
  await start({ records: [record(subject, more)], hold });

  await publish(life, [thief]);

  expect(
    await eventually(
      () => detectionsOf(subject),
      (found) => found.length >= 2,
    ),
  ).toHaveLength(2);
  expect(hold).not.toHaveBeenCalled();
});

describe('the policy weighs evidence once, where it leaves', () => {
  const weigh =
    (rule: Omit<SeverityRule, 'when'>) =>
    (assessment: Assessment, { credentialId, ...of }: InventoryRecord) =>
      weighed({ ...DEFAULT_POLICY, severityMapping: [{ when: { ownerTeam: 'orders' }, ...rule }] }, assessment, {
        ...of,
        id: credentialId,
      });

  async function held(rule: Omit<SeverityRule, 'when'>, isRegistered = true) {
    const subject = newSubject();
    const { life, thief } = lifeAndThief(subject);
    const holds: Severity[] = [];
    await start({
      records: isRegistered ? [record(subject)] : [],
      weigh: weigh(rule),
      hold: ({ assessment: { severity } }) => {
        holds.push(severity);
        return Promise.resolve({ denylistRevision: 7, at: 1 });
      },
    });
    await publish(life, [thief]);
    const found = await eventually(
      () => detectionsOf(subject),
      (all) => all.length >= 2,
    );
    return { holds, told: found.map(({ assessment, hold }) => [assessment.severity, hold?.denylistRevision]) };
  }

  test('up: the hold, and all that is told, are as grave as it says', async () => {
    const { holds, told } = await held({ atLeast: 'critical' });

    expect(holds).toEqual(['critical']);
    expect(told).toEqual([
      ['critical', 7],
      ['critical', 7],
    ]);
  });

  test('down: what weighs less than a hold needs is told, and not held', async () => {
    const { holds, told } = await held({ atMost: 'medium' });

    expect(holds).toEqual([]);
    expect(told).toEqual([
      ['medium', undefined],
      ['medium', undefined],
    ]);
  });

  test('not at all where nobody registered it: no rule can be about it', async () => {
    const { holds, told } = await held({ atMost: 'medium' }, false);

    expect([holds, told.map(([severity]) => severity)[0]]).toEqual([[], 'high']);
  });
});

test('a failing denylist does not keep the detection back', async () => {
  const subject = newSubject();
  const { life, thief } = lifeAndThief(subject);
  const detection = await start({ records: [record(subject)], hold: () => Promise.reject(new Error('away')) });

  await publish(life, [thief]);

  const found = await eventually(
    () => detectionsOf(subject),
    (all) => all.length >= 2,
  );
  expect(found.map(({ hold }) => hold)).toEqual([undefined, undefined]);
  expect(detection.counters.holdFailures).toBe(2);
});

test('malformed messages become dead letters with their reason, and stop nothing', async () => {
  const subject = newSubject();
  const { life, thief } = lifeAndThief(subject);
  const detection = await start();
  const { state } = await manager.streams.info('DEADLETTERS');

  await client.publish('usage.0', 'not json');
  await client.publish('usage.0', JSON.stringify({ events: [{ ...life[0], surprise: 1 }, ...life] }));
  await client.publish('usage.1', JSON.stringify({ events: [life[0]] }));
  await publish([thief]);

  expect(
    await eventually(
      () => detectionsOf(subject),
      (found) => found.length >= 2,
    ),
  ).toHaveLength(2);
  await eventually(
    async () => detection.counters.deadLetters,
    (count) => count >= 3,
  );
  const letters = await Promise.all(
    [1, 2, 3].map((offset) => manager.streams.getMessage('DEADLETTERS', { seq: state.last_seq + offset })),
  );
  const reasons = letters.map((letter) => letter?.header.get(DEAD_LETTER_HEADERS.reason) ?? '').sort();
  expect(reasons[0]).toMatch(/^USAGE_EVENT_MALFORMED \(fault=: unrecognized_keys\)/);
  expect(reasons[1]).toMatch(/fault=not JSON/);
  expect(reasons[2]).toMatch(/fault=subject belongs to partition 0/);
  expect(new Set(letters.map((letter) => letter?.subject))).toEqual(new Set(['deadletter.usage']));
});

test(
  'a worker that stands by takes over from one that dies, and together they find what one alone finds',
  async () => {
    const subject = newSubject();
    const { life, thief } = lifeAndThief(subject);
    const dying = await connect({ servers: server.url });
    const first = await start({ nats: dying });
    await publish(life.slice(0, 60));
    await eventually(
      async () => first.counters.events,
      (count) => count >= 60,
    );
    const second = await start();

    // Between two snapshots: what the first has folded since its last one is lost with it.
    await publish(life.slice(60, 90));
    await eventually(
      async () => first.counters.events,
      (count) => count >= 90,
    );
    await dying.close();
    await publish(life.slice(90), [thief]);

    const expected = foldPartition(emptyPartition(), [...life, thief], { locate }).messages;
    const found = await eventually(
      () => detectionsOf(subject),
      (all) => all.length >= expected.length,
      30 * SECONDS,
    );
    expect(found.map(({ detection }) => detection.id)).toEqual(expected.map(({ detection }) => detection.id));
    expect(second.counters.events).toBeGreaterThan(0);
  },
  60 * SECONDS,
);

test('goes on after a clean stop without repeating anything', async () => {
  const subject = newSubject();
  const { life, thief } = lifeAndThief(subject);
  const first = await start();
  await publish(life);
  await eventually(
    async () => first.counters.events,
    (count) => count >= life.length,
  );
  await first.stop();

  const second = await start();
  await publish([thief]);

  expect(
    await eventually(
      () => detectionsOf(subject),
      (found) => found.length >= 2,
    ),
  ).toHaveLength(2);
  expect(second.counters).toMatchObject({ events: 1, repeated: 0 });
});

test('a worker whose snapshot was overtaken begins again from the other one', async () => {
  const subject = newSubject();
  const { life, thief } = lifeAndThief(subject);
  const detection = await start();
  await publish(life);
  await eventually(
    async () => detection.counters.snapshots,
    (count) => count >= 1,
  );
  const store = new SnapshotStore(await new Kvm(client).open('snapshots'), 0);
  const { stored, state } = await store.load();

  expect(await saveNext(store, stored, Math.min(...heldBy(stored)), state ?? emptyPartition())).toBeDefined();
  await publish([thief]);

  expect(
    await eventually(
      () => detectionsOf(subject),
      (found) => found.length >= 2,
    ),
  ).toHaveLength(2);
  await eventually(
    async () => detection.counters.ownershipLost,
    (count) => count >= 1,
  );
  expect(detection.counters.ownershipLost).toBe(1);
});

describe('a state larger than a message', () => {
  const stateOf = (subjects: number) => {
    const state = emptyPartition();
    for (let index = 0; index < subjects; index++) {
      const name = publicIdSubject('sample', String(index));
      const subject = emptySubject(name);
      // What does not shrink when it is compressed: eight ids.
      takeInHand(subject);
      for (let id = 0; id < 8; id++) isRepeated(String(Math.random()));
      state.subjects.set(name, subject);
    }
    return state;
  };
  /** Saves until all of the state is stored. */
  async function saveAll(store: SnapshotStore, before: Stored, folded: number, state: PartitionState) {
    let [stored, saves] = [before, 0];
    for (; Math.min(...heldBy(stored)) < folded; saves++)
      stored = (await saveNext(store, stored, folded, state)) ?? fail();
    return { stored, saves };
  }
  const fail = (): never => {
    throw new Error('somebody else wrote first');
  };
  async function storedNames(bucket: KV, partition: number) {
    const names = new Set<string | undefined>();
    for await (const key of await bucket.keys(`partition.${partition}.*.*`)) names.add(key.split('.')[2]);
    return names;
  }

  test('is written chunk by chunk, and only chunks that count stay', async () => {
    const bucket = await new Kvm(client).open('snapshots');
    const store = new SnapshotStore(bucket, 99);
    const state = stateOf(10_000);

    const first = await saveAll(store, NO_SNAPSHOT, 5, state);
    state.clock = 7;
    const part = (await saveNext(store, first.stored, 6, state)) ?? fail();
    const second = await saveAll(store, part, 6, state);

    expect(first.saves).toBeGreaterThan(2);
    expect(Math.min(...heldBy(part))).toBe(5);
    expect(await store.load()).toEqual({ stored: second.stored, state });
    expect(await saveNext(store, first.stored, 7, state)).toBeUndefined();
    const kept = new Set(second.stored.chunks.map(({ name }) => name));
    expect([...(await storedNames(bucket, 99))].filter((name) => !kept.has(name)).length).toBeLessThanOrEqual(1);
  });

  test('comes from a small one that the head held, and both are read whole between any two chunks', async () => {
    const store = new SnapshotStore(await new Kvm(client).open('snapshots'), 98);
    const small = await saveAll(store, NO_SNAPSHOT, 3, stateOf(10));
    const state = stateOf(10_000);
    let stored = small.stored;

    expect(small.saves).toBe(1);
    while (Math.min(...heldBy(stored)) < 4) {
      stored = (await saveNext(store, stored, 4, state)) ?? fail();
      const loaded = await store.load();
      expect(loaded.stored).toEqual(stored);
      expect(loaded.state?.subjects.size).toBeGreaterThan(0);
    }
    expect((await store.load()).state).toEqual(state);
  });

  test('was one chunk once, which is read still', async () => {
    const bucket = await new Kvm(client).open('snapshots');
    const store = new SnapshotStore(bucket, 97);
    const subject = { lastAt: 5, recent: [7], nextRecent: 1, listed: 'revoked', listedAt: 4, detectors: {} };
    const subjects = { 'id:sample:0': subject, 'id:sample:1': subject };
    await bucket.put('partition.97.old.0', gzipSync(JSON.stringify({ schema: 1, clock: 5, size: 2, subjects })));
    const parts = { name: 'old', count: 1 };
    await bucket.put('partition.97', JSON.stringify({ schema: 1, streamSequence: 8, writer: 'old', parts }));

    const { stored, state: loaded } = await store.load();

    expect([Math.min(...heldBy(stored)), Math.max(...heldBy(stored))]).toEqual([8, 8]);
    expect([...(loaded?.subjects ?? [])].map(([name, { listed, listedAt }]) => [name, listed, listedAt])).toEqual([
      ['id:sample:0', 'revoked', 4],
      ['id:sample:1', 'revoked', 4],
    ]);
    expect(await saveNext(store, stored, 9, loaded ?? fail())).toBeDefined();
    expect([...(await storedNames(bucket, 97))]).toEqual([]);
  });
});

test('another number of partitions is refused: events would meet another state', async () => {
  await expect(ensureStreams(manager, { partitions: PARTITIONS + 1 })).rejects.toMatchObject({
    code: 'CONFIG_INVALID',
  });
});

test(
  'usage events survive an outage of NATS in order, up to the buffer',
  async () => {
    const lost: number[] = [];
    const publisher = createUsagePublisher(nats, {
      partitions: PARTITIONS,
      onLost: (count) => lost.push(count),
      maxBuffered: 150,
    });
    const subject = newSubject();
    const { life } = lifeAndThief(subject);
    const before = (await manager.streams.info('USAGE')).state.last_seq;

    await server.server.kill();
    publisher.publish(life);
    publisher.publish(life.map((use) => ({ ...use, id: `${use.id}-more` })));
    // Who is told is not counted: it can send all again.
    await expect(publisher.store(life)).rejects.toThrow(`${life.length} of ${life.length}`);
    await server.server.start();
    await eventually(
      async () => publisher.counters.published,
      (count) => count >= 150,
      30 * SECONDS,
    );
    await publisher.stop();

    const stored: string[] = [];
    for (let seq = before + 1; ; seq++) {
      const message = await manager.streams.getMessage('USAGE', { seq });
      if (!message) break;
      stored.push(...message.json<{ events: UsageEvent[] }>().events.map(({ id }) => id));
    }
    expect(stored).toEqual(
      [...life, ...life.map(({ id }) => ({ id: `${id}-more` }))].slice(0, 150).map(({ id }) => id),
    );
    expect(lost.reduce((sum, count) => sum + count, 0)).toBe(50);
  },
  60 * SECONDS,
);

describe('the log of a real PostgreSQL', () => {
  const role = `tail_${process.pid}`;
  const password = `p${Math.random().toString(36).slice(2)}`;
  const subject = publicIdSubject('postgres-role', `main/${role}`);
  const admin = new Client({ connectionString: integrationStack().postgres.adminUrl });

  beforeAll(async () => {
    await admin.connect();
    await admin.query(`create role ${role} login password '${password}'`);
  });

  afterAll(async () => {
    await admin.query(`drop role ${role}`);
    await admin.end();
  });

  async function logIn(agent: string, secret = password): Promise<void> {
    const { hostname, port, pathname } = new URL(integrationStack().postgres.adminUrl);
    const database = pathname.slice(1) || 'postgres';
    const client = new Client({
      host: hostname,
      port: Number(port),
      database,
      user: role,
      password: secret,
      application_name: agent,
    });
    await client.connect();
    await client.end();
  }

  test('gives accepted and refused logins of managed roles, soon after they happen', async () => {
    const seen: { event: UsageEvent; at: number }[] = [];
    const tail = await tailPostgresLog({
      account: 'main',
      directory: integrationStack().postgres.jsonLogDirectory,
      inventory: { lookup: (name) => (name === subject ? record(subject) : undefined) },
      publish: (events) => events.forEach((event) => seen.push({ event, at: Date.now() })),
      log,
    });

    await logIn('orders-api');
    await expect(logIn('psql', 'wrong')).rejects.toMatchObject({ code: '28P01' });
    await admin.query(`alter role ${role} nologin`);
    await expect(logIn('psql')).rejects.toMatchObject({ code: '28000' });
    await eventually(
      async () => seen.length,
      (count) => count >= 3,
    );
    await tail.stop();

    expect(seen.map(({ event }) => [event.outcome, event.client.agent])).toEqual([
      ['accepted', 'orders-api'],
      ['authentication', ''],
      // PostgreSQL logs this one as "authorized" first.
      ['authentication', 'psql'],
    ]);
    for (const { event, at } of seen) expect(at - event.at).toBeLessThan(2 * SECONDS);
  });
});
