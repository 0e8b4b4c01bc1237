import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { readFile, readdir } from 'node:fs/promises';
import type { Socket } from 'node:net';
import { join } from 'node:path';
import { jetstreamManager } from '@nats-io/jetstream';
import { Kvm } from '@nats-io/kv';
import { connect } from '@nats-io/transport-node';
import { Client as TemporalClient, Connection } from '@temporalio/client';
import { Client as PostgresClient } from 'pg';
import { SEARCH_ATTRIBUTE_NAMES } from '../../stack/search-attributes';
import { startLocalStack, type LocalStack } from '../../stack/local-stack';
import { eventually } from '../support/eventually';
import { integrationStack } from '../support/integration-stack';
import { processesOf } from '../support/processes-of';

type CompleteStack = Required<LocalStack>;

async function withTemporal<T>(stack: LocalStack, use: (client: TemporalClient) => Promise<T>): Promise<T> {
  const connection = await Connection.connect({ address: stack.temporal?.address ?? '' });
  try {
    return await use(new TemporalClient({ connection }));
  } finally {
    await connection.close();
  }
}

async function query<T extends object>(url: string, text: string, localAddress?: string): Promise<T[]> {
  const client = new PostgresClient({ connectionString: url });
  if (localAddress !== undefined) {
    const { stream } = (client as unknown as { connection: { stream: Socket } }).connection;
    const dial = stream.connect.bind(stream) as (options: object) => typeof stream;
    // pg has no option for the address to dial from.
    stream.connect = ((port: number, host: string) => dial({ port, host, localAddress })) as typeof stream.connect;
  }
  await client.connect();
  try {
    return (await client.query<T>(text)).rows;
  } finally {
    await client.end();
  }
}

describe('two local stacks at once', () => {
  let stacks: CompleteStack[];

  beforeAll(async () => {
    stacks = (await Promise.all([startLocalStack(), startLocalStack()])) as CompleteStack[];
  });

  afterAll(async () => {
    await Promise.all(stacks.map((stack) => stack.stop()));
  });

  it('have directories, addresses and processes of their own', () => {
    const seen = stacks.flatMap(({ directory, temporal, nats, postgres }) => [
      ...[directory, temporal.address, temporal.uiUrl, nats.url, postgres.adminUrl],
      ...[temporal.server?.pid, nats.server?.pid, postgres.server?.pid],
    ]);

    expect(seen).not.toContain(undefined);
    expect(new Set(seen).size).toBe(seen.length);
  });

  it('offer Temporal with our search attributes and the Web UI', async () => {
    for (const stack of stacks) {
      const { customAttributes } = await withTemporal(stack, (client) =>
        client.connection.operatorService.listSearchAttributes({ namespace: 'default' }),
      );
      const page = await fetch(stack.temporal.uiUrl);

      expect(Object.keys(customAttributes ?? {})).toEqual(expect.arrayContaining([...SEARCH_ATTRIBUTE_NAMES]));
      expect(page.status).toBe(200);
      expect(await page.text()).toContain('<html');
    }
  });

  it('offer NATS with JetStream, which survives a crash', async () => {
    const [stack] = stacks as [CompleteStack];
    const before = await connect({ servers: stack.nats.url });
    const bucket = await new Kvm(before).create('crash');
    await bucket.put('key', 'value');
    await before.close();

    await stack.nats.server?.kill();
    await stack.nats.server?.start();

    const after = await connect({ servers: stack.nats.url });
    const entry = await (await new Kvm(after).open('crash')).get('key');
    const { streams } = await (await jetstreamManager(after)).getAccountInfo();
    await after.close();
    expect(entry?.string()).toBe('value');
    expect(streams).toBe(1);
  });

  it('offer PostgreSQL to all of loopback, with a JSON log that we can read', async () => {
    const [stack] = stacks as [CompleteStack];
    const { adminUrl, jsonLogDirectory } = stack.postgres;
    // macOS has no other loopback addresses than one, unless they are set up.
    const address = process.platform === 'linux' ? '127.0.0.77' : '127.0.0.1';

    const rows = await query<{ from: string }>(adminUrl, 'SELECT host(inet_client_addr()) AS from', address);
    const wrongPassword = query(adminUrl.replace(/:[0-9a-f]{48}@/, ':wrong@'), 'SELECT 1');

    await expect(wrongPassword).rejects.toMatchObject({ code: '28P01' });
    expect(rows).toEqual([{ from: address }]);
    const log = await eventually(
      () => readLog(jsonLogDirectory),
      (lines) => lines.some((line) => line['state_code'] === '28P01'),
    );
    expect(log).toContainEqual(expect.objectContaining({ state_code: '28P01', remote_host: '127.0.0.1' }));
    expect(log).toContainEqual(expect.objectContaining({ remote_host: address, backend_type: 'client backend' }));
  });

  it('keep what PostgreSQL has committed over a crash', async () => {
    const [stack] = stacks as [CompleteStack];
    await query(stack.postgres.adminUrl, "CREATE TABLE kept AS SELECT 'committed' AS state");

    await stack.postgres.server?.kill();
    await stack.postgres.server?.start();

    expect(await query(stack.postgres.adminUrl, 'SELECT state FROM kept')).toEqual([{ state: 'committed' }]);
  });

  it("keep a workflow's state when Temporal is killed and started again", async () => {
    const [stack] = stacks as [CompleteStack];
    const started = await withTemporal(stack, async ({ workflow }) => {
      const handle = await workflow.start('nobodyRunsIt', { taskQueue: 'nobody', workflowId: 'survivor' });
      await handle.signal('remember', 'this');
      return handle.firstExecutionRunId;
    });

    await stack.temporal.server?.kill();
    await stack.temporal.server?.start();

    const { description, events } = await withTemporal(stack, async ({ workflow }) => {
      const handle = workflow.getHandle('survivor');
      return { description: await handle.describe(), events: (await handle.fetchHistory()).events ?? [] };
    });
    expect(description.runId).toBe(started);
    expect(description.status.name).toBe('RUNNING');
    expect(events.filter((event) => event.workflowExecutionSignaledEventAttributes)).toHaveLength(1);
  });
});

describe('servers that run already', () => {
  it('are used and left running', async () => {
    const { temporal, nats, postgres } = integrationStack();
    const addresses = { temporal: temporal.address, nats: nats.url, postgres: postgres.adminUrl };

    const stack = await startLocalStack({ addresses });
    const { codec } = stack.temporal!;
    const ask = (endpoint: string) =>
      fetch(`${endpoint}/decode`, { method: 'POST', headers: { 'content-type': 'application/json' }, body: '{}' }).then(
        ({ status }) => status,
      );
    // The codec server runs beside a Temporal that is not ours, and its Web UI can be pointed at it.
    expect([await ask(codec.url), await ask(codec.uiEndpoint)]).toEqual([401, 200]);
    await stack.stop();
    await expect(ask(codec.uiEndpoint)).rejects.toThrow('fetch failed');

    expect(stack.temporal).toEqual(expect.objectContaining({ address: temporal.address, namespace: 'default' }));
    expect(stack.temporal).not.toHaveProperty('server');
    expect(stack.nats).toEqual({ url: nats.url });
    expect(stack.postgres?.jsonLogDirectory).toBe(postgres.jsonLogDirectory);
    expect(await query(postgres.adminUrl, 'SELECT 1 AS alive')).toEqual([{ alive: 1 }]);
  });

  it.each([
    ['temporal', '127.0.0.1:1', 'TOURNIQUET_TEMPORAL_ADDRESS'],
    ['nats', 'nats://127.0.0.1:1', 'TOURNIQUET_NATS_URL'],
    ['postgres', 'postgresql://admin:hidden@127.0.0.1:1/postgres', 'TOURNIQUET_DATABASE_URL'],
  ] as const)('%s that does not answer is said to, without its password', async (name, address, variable) => {
    const failure: unknown = await startLocalStack({ servers: [name], addresses: { [name]: address } }).catch(
      (error: unknown) => error,
    );

    expect(failure).toMatchObject({
      code: 'ADDRESS_UNREACHABLE',
      message: expect.stringContaining(variable) as string,
    });
    expect(String(failure)).not.toContain('hidden');
  });
});

describe('the end of a local stack', () => {
  it('leaves no process and no directory after stop()', async () => {
    const stack = await startLocalStack();
    const during = await processesOf(stack.directory);

    await stack.stop();

    expect(during.length).toBeGreaterThanOrEqual(3);
    expect(await processesOf(stack.directory)).toEqual([]);
    expect(existsSync(stack.directory)).toBe(false);
  });

  it.each(['SIGKILL', 'SIGINT', 'SIGTERM'] as const)('leaves nothing after %s of its owner', async (signal) => {
    const owner = spawn(process.execPath, [join(__dirname, '../support/stack-holder.cjs')], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const [line] = (await once(owner.stdout, 'data')) as [Buffer];
    const { directory } = JSON.parse(line.toString('utf8')) as LocalStack;
    const during = await processesOf(directory);

    owner.kill(signal);

    expect(during.length).toBeGreaterThanOrEqual(3);
    expect(
      await eventually(
        () => processesOf(directory),
        (left) => left.length === 0,
      ),
    ).toEqual([]);
    expect(
      await eventually(
        () => existsSync(directory),
        (exists) => !exists,
      ),
    ).toBe(false);
  });
});

async function readLog(directory: string): Promise<Record<string, unknown>[]> {
  const files = (await readdir(directory)).filter((file) => file.endsWith('.json'));
  const texts = await Promise.all(files.map((file) => readFile(join(directory, file), 'utf8')));
  const lines = texts
    .join('')
    .split('\n')
    .filter((line) => line.endsWith('}'));
  return lines.map((line) => JSON.parse(line) as Record<string, unknown>);
}
