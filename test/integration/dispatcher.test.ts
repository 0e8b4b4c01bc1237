import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { jetstream, jetstreamManager, type JetStreamManager } from '@nats-io/jetstream';
import { connect, type NatsConnection } from '@nats-io/transport-node';
import { Connection, type Client } from '@temporalio/client';
import type { PayloadCodec } from '@temporalio/common';
import { createPayloadCodec } from '../../client/payload-codec';
import { openDatabase, type Database } from '../../activities/store/database';
import { incidentId, type InventoryRecord, type VersionState } from '../../domain/credential';
import type { DetectionMessage } from '../../domain/detection';
import type { Severity } from '../../domain/severity';
import { publicIdSubject, type Subject } from '../../domain/subject';
import { unregisteredId } from '../../domain/unregistered-credential';
import { openBucket } from '../../enforcement/buckets';
import { createInventoryProjection } from '../../enforcement/inventory-kv';
import { parseConfig } from '../../workers/config';
import { readPayloadKeys } from '../../workers/keys';
import { DEAD_LETTER_HEADERS } from '../../workers/detection/dead-letter';
import { DEAD_LETTERS_STREAM, DETECTIONS_STREAM } from '../../workers/detection/streams';
import { startDispatcher } from '../../workers/dispatcher/start-dispatcher';
import type { Running } from '../../workers/running';
import { encryptedClient } from '../support/encrypted-client';
import { sampleDetection } from '../support/fake-activities';
import { eventually } from '../support/eventually';
import { freshDatabase, type FreshDatabase } from '../support/fresh-database';
import { integrationStack } from '../support/integration-stack';
import { privateNatsServer, type PrivateNatsServer } from '../support/private-nats-server';
import { migrate } from '../../activities/store/migrate';
import { recordedLog } from '../support/recorded-log';
import { temporaryFolder } from '../support/temporary-folder';

/** Nobody polls it: an incident stays where the dispatcher left it. */
const TASK_QUEUE = `dispatcher-test-${process.pid}`;

const folder = temporaryFolder();
let fresh: FreshDatabase;
let database: Database;
let server: PrivateNatsServer;
let nats: NatsConnection;
let manager: JetStreamManager;
let connection: Connection;
let temporal: Client;
let codec: PayloadCodec;
let dispatcher: Running;
const started = new Set<string>();
let nextId = 1;

beforeAll(async () => {
  const stack = integrationStack();
  fresh = await freshDatabase(stack.postgres.adminUrl);
  await migrate(fresh.url);
  database = openDatabase(fresh.url, { applicationName: 'dispatcher-test' });
  server = await privateNatsServer();
  nats = await connect({ servers: server.url });
  connection = await Connection.connect({ address: stack.temporal.address });
  temporal = encryptedClient(connection, stack.codec.payloadKeysFile);
  codec = createPayloadCodec(readPayloadKeys(stack.codec.payloadKeysFile));
  const databaseUrlFile = join(folder.path, 'database.url');
  await writeFile(databaseUrlFile, fresh.url, { mode: 0o600 });
  const config = parseConfig('dispatcher', {
    TOURNIQUET_TEMPORAL_ADDRESS: stack.temporal.address,
    TOURNIQUET_TEMPORAL_NAMESPACE: stack.temporal.namespace,
    TOURNIQUET_NATS_URL: server.url,
    TOURNIQUET_TASK_QUEUE: TASK_QUEUE,
    TOURNIQUET_DATABASE_URL_FILE: databaseUrlFile,
    TOURNIQUET_PAYLOAD_KEYS_FILE: stack.codec.payloadKeysFile,
  });
  dispatcher = await startDispatcher(config, recordedLog().log);
  manager = await jetstreamManager(nats);
});

afterAll(async () => {
  await dispatcher.stop();
  for (const id of started) await temporal.workflow.getHandle(id).terminate('the test is over');
  await Promise.all([connection.close(), nats.close(), database.end()]);
  await server.stop();
  await fresh.drop();
});

/** A version of a credential of its own, known to the dispatcher. */
async function known(state: VersionState = 'live'): Promise<{ credentialId: string; subject: Subject }> {
  const { credentialId, subjects } = await knownVersions(state);
  return { credentialId, subject: subjects[0] as Subject };
}

/** A credential of its own with versions in these states, the first one first. */
async function knownVersions(
  ...states: readonly VersionState[]
): Promise<{ credentialId: string; subjects: readonly Subject[] }> {
  const credentialId = `dispatcher-${process.pid}-${nextId++}`;
  const subjects = states.map((_, index) => publicIdSubject('postgres-role', `${credentialId}_v${index + 1}`));
  const records = states.map((state, index): InventoryRecord => ({
    subject: subjects[index] as Subject,
    credentialId,
    version: index + 1,
    state,
    provider: 'postgres-role',
    ownerTeam: 'payments',
    enforcement: 'provider',
    protection: 'normal',
    principalKind: 'workload',
    scopes: [],
    knownContexts: [],
  }));
  await createInventoryProjection(await openBucket(nats, 'inventory')).write(records);
  return { credentialId, subjects };
}

function message(subject: Subject, id: string, severity: Severity = 'high'): DetectionMessage {
  const at = Date.now();
  const reason = 'used from a network it was never used from';
  return {
    detection: sampleDetection({ id, subject, at, severity, reason, eventIds: ['event'] }),
    assessment: { severity, confidence: 0.9, families: ['origin'], deterministic: false, firstAbuseAt: at, reason },
  };
}

/** Each under a message id of its own, so that the stream itself drops no repetition. */
async function publish(...bodies: readonly (DetectionMessage | string)[]): Promise<void> {
  await Promise.all(
    bodies.map((body) =>
      jetstream(nats).publish('detections.0', typeof body === 'string' ? body : JSON.stringify(body), {
        msgID: `message-${nextId++}`,
      }),
    ),
  );
}

/** Waits until the dispatcher has acknowledged everything, or put it away. */
async function untilSettled(): Promise<void> {
  const { state } = await manager.streams.info(DETECTIONS_STREAM);
  const settled = await eventually(
    async () => (await manager.consumers.info(DETECTIONS_STREAM, 'dispatcher')).ack_floor.stream_seq,
    (floor) => floor >= state.last_seq,
  );
  expect(settled).toBe(state.last_seq);
}

/** The detections that an incident has been told of: how many signals, and how many detections in them. */
async function toldTo(
  credentialId: string,
  version = 1,
): Promise<{ runs: number; signals: number; detections: number }> {
  const id = incidentId(credentialId, version);
  let runs = 0;
  for await (const _run of temporal.workflow.list({ query: `WorkflowId = '${id}'` })) runs += 1;
  const { events } = await temporal.workflow.getHandle(id).fetchHistory();
  started.add(id);
  const signals = (events ?? []).flatMap((event) => event.workflowExecutionSignaledEventAttributes ?? []);
  const bodies = await codec.decode(signals.flatMap((signal) => signal.input?.payloads ?? []));
  const counts = bodies.map(
    ({ data }) => (JSON.parse(Buffer.from(data ?? []).toString('utf8')) as { count?: number }).count ?? 0,
  );
  return { runs, signals: signals.length, detections: counts.reduce((sum, count) => sum + count, 0) };
}

async function isOpen(credentialId: string, version = 1): Promise<boolean> {
  return temporal.workflow
    .getHandle(incidentId(credentialId, version))
    .describe()
    .then(
      ({ status }) => status.name === 'RUNNING',
      () => false,
    );
}

async function isHandled(id: string): Promise<boolean> {
  const handled = await database.query('SELECT 1 FROM handled_detections WHERE id = $1', [id]);
  return handled.rowCount === 1;
}

async function lastDeadLetter(): Promise<{ code: string | undefined; body: string }> {
  const { state } = await manager.streams.info(DEAD_LETTERS_STREAM);
  const letter = await manager.streams.getMessage(DEAD_LETTERS_STREAM, { seq: state.last_seq });
  return { code: letter?.header?.get(DEAD_LETTER_HEADERS.code), body: letter?.string() ?? '' };
}

describe('the dispatcher', () => {
  it.each([
    ['no JSON', '<html'],
    ['JSON of another shape', '{"detection":{"id":7}}'],
  ])('puts a message away that is %s', async (_case, body) => {
    await publish(body);

    await untilSettled();

    expect(await lastDeadLetter()).toEqual({ code: 'DETECTION_MALFORMED', body });
  });

  it('starts an incident about a subject that nobody registered, under an id that says so', async () => {
    const subject = publicIdSubject('postgres-role', 'nobody');
    await publish(message(subject, 'about-nobody'));

    await untilSettled();

    expect(await toldTo(unregisteredId(subject))).toEqual({ runs: 1, signals: 1, detections: 1 });
  });

  it('handles a detection once, however often it comes', async () => {
    const { credentialId, subject } = await known();
    await publish(message(subject, `once-${credentialId}`));
    await untilSettled();

    await publish(message(subject, `once-${credentialId}`), message(subject, `once-${credentialId}`));
    await untilSettled();

    expect(await toldTo(credentialId)).toEqual({ runs: 1, signals: 1, detections: 1 });
    const handled = await database.query('SELECT incident_id FROM handled_detections WHERE id = $1', [
      `once-${credentialId}`,
    ]);
    expect(handled.rows).toEqual([{ incident_id: incidentId(credentialId, 1) }]);
  });

  it('counts a detection once that came twice while it waited', async () => {
    const { credentialId, subject } = await known();
    const twice = message(subject, `twice-${credentialId}`);
    await publish(message(subject, `first-${credentialId}`));
    await untilSettled();

    await publish(twice, twice);
    await untilSettled();

    expect(await toldTo(credentialId)).toMatchObject({ runs: 1, detections: 2 });
  });

  it('makes one incident of two detections at once, and tells it of both', async () => {
    const { credentialId, subject } = await known();

    await publish(message(subject, `a-${credentialId}`), message(subject, `b-${credentialId}`));
    await untilSettled();

    expect(await toldTo(credentialId)).toMatchObject({ runs: 1, detections: 2 });
  });

  it('tells an incident of many in few signals, and of a raise at once', async () => {
    const { credentialId, subject } = await known();
    const detections = Array.from({ length: 30 }, (_, n) => message(subject, `${n}-${credentialId}`));

    await publish(...detections);
    await publish(message(subject, `raise-${credentialId}`, 'critical'));
    await untilSettled();

    const told = await toldTo(credentialId);
    expect(told).toMatchObject({ runs: 1, detections: 31 });
    expect(told.signals).toBeLessThanOrEqual(4);
  });

  it.each<VersionState>(['revoked', 'discarded'])('starts nothing on use of a version that is %s', async (state) => {
    const { credentialId, subject } = await known(state);

    await publish(message(subject, `tripwire-${credentialId}`, 'critical'));
    await untilSettled();

    expect(await isOpen(credentialId)).toBe(false);
    expect(await isHandled(`tripwire-${credentialId}`)).toBe(true);
  });

  it('opens a second incident for a later version of the same credential, beside the first', async () => {
    const { credentialId, subjects } = await knownVersions('live', 'live');
    const [first, later] = subjects as [Subject, Subject];
    await publish(message(first, `first-${credentialId}`));
    await untilSettled();

    await publish(message(later, `later-${credentialId}`, 'critical'), message(later, `again-${credentialId}`));
    await untilSettled();

    expect(await toldTo(credentialId, 1)).toEqual({ runs: 1, signals: 1, detections: 1 });
    expect(await toldTo(credentialId, 2)).toMatchObject({ runs: 1, detections: 2 });
    expect([await isOpen(credentialId, 1), await isOpen(credentialId, 2)]).toEqual([true, true]);
    const handled = await database.query('SELECT incident_id FROM handled_detections WHERE id = $1', [
      `later-${credentialId}`,
    ]);
    expect(handled.rows).toEqual([{ incident_id: incidentId(credentialId, 2) }]);
  });

  it.each<VersionState>(['revoked', 'discarded'])(
    'never acts on the live version when a %s one is used, whether or not that one has an incident',
    async (state) => {
      const { credentialId, subjects } = await knownVersions(state, 'live');
      const [dead, live] = subjects as [Subject, Subject];
      await publish(message(dead, `dead-${credentialId}`, 'critical'));
      await untilSettled();
      expect([await isOpen(credentialId, 1), await isOpen(credentialId, 2)]).toEqual([false, false]);

      await publish(message(live, `live-${credentialId}`));
      await publish(message(dead, `dead-again-${credentialId}`, 'critical'));
      await untilSettled();

      expect(await isOpen(credentialId, 1)).toBe(false);
      expect(await toldTo(credentialId, 2)).toEqual({ runs: 1, signals: 1, detections: 1 });
      expect([await isHandled(`dead-${credentialId}`), await isHandled(`dead-again-${credentialId}`)]).toEqual([
        true,
        true,
      ]);
    },
  );
});
