import { readdir, readFile, stat } from 'node:fs/promises';
import path from 'node:path';
import { Client as Temporal, Connection } from '@temporalio/client';
import { Client } from 'pg';
import { createPostgresStore } from '../../activities/store/secret-stores/postgres';
import { openDatabase } from '../../activities/store/database';
import { parseMaterial } from '../../domain/secret-material';
import type { DemoReport } from '../../drills/demo/report';
import { SceneClosers } from '../../drills/scene-closers';
import { runDemo } from '../../drills/demo/run-demo';
import type { CompleteStack } from '../../drills/estate/deploy';
import { makeNatsRoles } from '../../stack/nats-roles';
import { startLocalStack } from '../../stack/local-stack';
import { readSecretFile } from '../../workers/config';
import { readKey } from '../../workers/keys';

/** Where values may be: key files, and the estate's own configuration with what the attacker stole. */
const ALLOWED = [
  /\/tourniquet\/keys\//,
  /\/tourniquet\/estate\/[^/]+\.(?:json|key)$/,
  /\/tourniquet\/[^/]+\.url$/,
  /\/nats-server\.json$/,
];

/** Words that only content has: of credentials, severities and reasons. Beside them, anything with the spaces of a sentence. */
const SPEAKING = [/orders-db|reports-token/, /\b(?:low|medium|high|critical)\b/, /\w+ \w+ \w+/];
/** Where the server itself must read: ids, names of workflows and queues, search attributes, who polled. */
const MAY_BE_READABLE =
  /(?:workflowId|WorkflowId|searchAttributes\..*|indexedFields\..*|identity|firstExecutionRunId|requestId|activityId)$/;

/** Every text in a value with its place; bytes as text too. */
function* textsIn(value: unknown, place = ''): Generator<{ readonly path: string; readonly text: string }> {
  if (typeof value === 'string') yield { path: place, text: value };
  else if (value instanceof Uint8Array) yield { path: place, text: Buffer.from(value).toString('latin1') };
  else if (typeof value === 'object' && value !== null)
    for (const [name, item] of Object.entries(value)) yield* textsIn(item, `${place}.${name}`);
}

/** Every file below a directory, with its content. */
async function* filesBelow(directory: string): AsyncGenerator<{ readonly file: string; readonly content: Buffer }> {
  for (const entry of await readdir(directory, { withFileTypes: true })) {
    const file = path.join(directory, entry.name);
    if (entry.isDirectory()) yield* filesBelow(file);
    else if (entry.isFile() && (await stat(file)).size > 0) yield { file, content: await readFile(file) };
  }
}

describe('no secret value leaves its store', () => {
  const told: string[] = [];
  let stack: CompleteStack & { stop(): Promise<void> };
  const closers = new SceneClosers();
  let report: DemoReport;
  let secrets: Record<string, string>;

  beforeAll(async () => {
    const natsRoles = makeNatsRoles();
    stack = (await startLocalStack({ natsConfig: natsRoles.serverConfig })) as typeof stack;
    report = await runDemo({ stack, tell: (line) => void told.push(line), normalLifeMs: 4_000, closers, natsRoles });
    secrets = await readSecrets();
    // What is still only in memory is written to the files that are searched.
    const admin = new Client({ connectionString: stack.postgres.adminUrl });
    await admin.connect();
    await admin.query('CHECKPOINT');
    await admin.end();
  }, 240_000);

  afterAll(async () => {
    await closers.close();
    await stack?.stop();
  }, 60_000);

  /** The values themselves, old and new, out of the secret store. */
  async function readSecrets(): Promise<Record<string, string>> {
    const keys = path.join(stack.directory, 'tourniquet', 'keys');
    const database = openDatabase(readSecretFile(path.join(keys, 'database.url')), { applicationName: 'canary' });
    const store = createPostgresStore(database, { id: 'sealing', key: readKey(path.join(keys, 'sealing.key')) });
    const value = (id: string, version: number) => store.get({ store: 'postgres', path: `credentials/${id}`, version });
    const found = {
      'leaked password': parseMaterial('postgres', await value('orders-db', 1)).password,
      'new password': parseMaterial('postgres', await value('orders-db', 2)).password,
      'leaked token': parseMaterial('api-token', await value('reports-token', 1)).token,
      'new token': parseMaterial('api-token', await value('reports-token', 2)).token,
      'hook key': readSecretFile(path.join(keys, 'hook.key')),
      'sealing key': readSecretFile(path.join(keys, 'sealing.key')),
    };
    await database.end();
    return found;
  }

  it('played two leaks to their end', () => {
    expect(report.credentials.map(({ outcome }) => outcome)).toEqual(['recovered', 'recovered']);
  });

  it('is in no stream, history, table, log or message', async () => {
    const hits: string[] = [];
    let seenInTemporal = false;
    let seenInNats = false;

    for await (const { file, content } of filesBelow(stack.directory)) {
      if (ALLOWED.some((pattern) => pattern.test(file))) continue;
      for (const [name, value] of Object.entries(secrets)) if (content.includes(value)) hits.push(`${name} in ${file}`);
      // The control: what is looked through does hold this incident in the clear, so a value would be found.
      if (content.includes('incident/reports-token/1')) {
        seenInTemporal ||= file.includes('/temporal/');
        seenInNats ||= file.includes('/nats/');
      }
    }
    for (const [name, value] of Object.entries(secrets)) if (told.join('\n').includes(value)) hits.push(`${name} told`);

    expect(hits).toEqual([]);
    expect({ seenInTemporal, seenInNats }).toEqual({ seenInTemporal: true, seenInNats: true });
  });

  it('keeps what people write and read out of Temporal: a client without the keys sees ids, search attributes and codes', async () => {
    const connection = await Connection.connect({ address: stack.temporal.address });
    const bare = new Temporal({ connection, namespace: stack.temporal.namespace });
    const workflows: string[] = [];
    const readable: string[] = [];
    let encrypted = 0;
    let permitted = 0;

    for await (const { workflowId, runId } of bare.workflow.list()) {
      workflows.push(workflowId);
      const handle = bare.workflow.getHandle(workflowId, runId);
      const { events } = await handle.fetchHistory();
      const { raw } = await handle.describe().catch(() => ({ raw: undefined }));
      for (const { path: place, text } of textsIn([events, raw?.executionConfig, raw?.workflowExecutionInfo?.memo])) {
        if (text === 'binary/encrypted') encrypted += 1;
        if (!SPEAKING.some((pattern) => pattern.test(text))) continue;
        if (MAY_BE_READABLE.test(place)) permitted += 1;
        else readable.push(`${workflowId} ${place}: ${text.slice(0, 80)}`);
      }
    }
    await connection.close();

    expect(workflows).toContain('incident/orders-db/1');
    expect(encrypted).toBeGreaterThan(50);
    // The control: the same look finds the credential where it may stand.
    expect(permitted).toBeGreaterThan(10);
    expect(readable).toEqual([]);
  });

  it('is in no row of our database', async () => {
    const client = new Client({
      connectionString: readSecretFile(path.join(stack.directory, 'tourniquet', 'keys', 'database.url')),
    });
    await client.connect();
    const tables = await client.query<{ name: string }>(
      `SELECT tablename AS name FROM pg_tables WHERE schemaname = 'public'`,
    );
    const hits: string[] = [];

    for (const { name } of tables.rows) {
      const rows = await client.query<{ row: string }>(`SELECT t::text AS row FROM "${name}" t`);
      const text = rows.rows.map(({ row }) => row).join('\n');
      for (const [secret, value] of Object.entries(secrets))
        if (text.includes(value)) hits.push(`${secret} in ${name}`);
    }
    await client.end();

    expect(tables.rows.length).toBeGreaterThan(8);
    expect(hits).toEqual([]);
  });
});
