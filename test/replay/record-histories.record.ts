import { existsSync } from 'node:fs';
import { appendFile, mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { Client, Connection, WorkflowFailedError } from '@temporalio/client';
import { NativeConnection, Worker } from '@temporalio/worker';
import packageJson from '../../package.json';
import { incidentId } from '../../domain/credential';
import { startLocalStack, type LocalStack } from '../../stack/local-stack';
import { runProgram } from '../../stack/run-program';
import { TEMPORAL } from '../../stack/toolchain/program-recipe';
import { resolveProgram } from '../../stack/toolchain/resolve-program';
import type { respondToLeak } from '../../workflows';
import { sampleInput } from '../support/fake-activities';
import { OTHER_SCENARIOS } from '../support/other-scenarios';
import { OUTCOME_SCENARIOS } from '../support/outcome-scenarios';
import { BY_PERSON_SCENARIOS } from '../support/by-person-scenarios';
import { KEPT_SCENARIOS } from '../support/kept-scenarios';
import { PATCHED_SCENARIOS } from '../support/patched-scenarios';
import { RECORDED_SCENARIOS } from '../support/recorded-scenarios';
import { workflowBundle } from '../support/workflow-bundle';
import { CHECKSUMS, HISTORIES, sha256 } from './checksums';

/** They name places of the machine that recorded, and no replay looks at them. */
const withoutStackTraces = (key: string, value: unknown): unknown => (key === 'stackTrace' ? undefined : value);

/** Scenarios that never come so far. */
const WITHOUT_ROTATION: readonly string[] = [
  'credential-unknown',
  'handed-over',
  'handed-over-and-approved',
  'opened-again',
];

/** Not a test of its own: `npm run histories:record` adds the histories that are missing, from a real server. None is ever replaced. */
describe('recorded histories', () => {
  let stack: LocalStack;
  let connection: Connection;
  let native: NativeConnection;

  beforeAll(async () => {
    stack = await startLocalStack({ servers: ['temporal'] });
    const address = stack.temporal?.address ?? '';
    connection = await Connection.connect({ address });
    native = await NativeConnection.connect({ address });
  });

  afterAll(async () => {
    await native.close();
    await connection.close();
    await stack.stop();
  });

  it.each([
    ...RECORDED_SCENARIOS,
    ...OUTCOME_SCENARIOS,
    ...PATCHED_SCENARIOS,
    ...KEPT_SCENARIOS,
    ...BY_PERSON_SCENARIOS,
  ])('$name', async ({ name, input, activities, play }) => {
    const client = new Client({ connection, identity: 'recorder' });
    const taskQueue = `record-${name}`;
    const own = { ...input, credentialId: name };
    const worker = await Worker.create({
      connection: native,
      taskQueue,
      workflowBundle,
      activities: activities(),
      identity: 'recorder',
    });
    const workflowId = incidentId(own.credentialId, own.version);

    await worker.runUntil(async () => {
      const handle = await client.workflow.start<typeof respondToLeak>('respondToLeak', {
        workflowId,
        taskQueue,
        args: [own],
      });
      await play(handle);
    });

    await keep('respond-to-leak', name, workflowId);
    const rotation = `rotate/${own.credentialId}/${own.version}`;
    if (!WITHOUT_ROTATION.includes(name)) await keep('rotate-credential', name, rotation);
  });

  it.each(OTHER_SCENARIOS)(
    '$type: $name',
    async ({ type, folder, name, workflowId, input, activities, isOpen, fails }) => {
      const client = new Client({ connection, identity: 'recorder' });
      const taskQueue = `record-${name}`;
      const worker = await Worker.create({
        connection: native,
        taskQueue,
        workflowBundle,
        activities: activities(),
        identity: 'recorder',
      });
      const id = workflowId(name);

      await worker.runUntil(async () => {
        const incident = isOpen && (await startOpen(client, taskQueue, name));
        const ran = client.workflow.execute(type, { workflowId: id, taskQueue, args: [input(name)] });
        await (fails ? expect(ran).rejects.toBeInstanceOf(WorkflowFailedError) : ran);
        await incident?.terminate();
      });

      await keep(folder, name, id);
    },
  );

  function startOpen(client: Client, taskQueue: string, credentialId: string) {
    return client.workflow.start<typeof respondToLeak>('respondToLeak', {
      workflowId: incidentId(credentialId, 1),
      taskQueue,
      args: [{ ...sampleInput(), credentialId }],
    });
  }

  async function keep(workflow: string, name: string, workflowId: string): Promise<void> {
    const file = path.join(HISTORIES, workflow, `${name}.${packageJson.version}.json`);
    if (existsSync(file)) return;
    await mkdir(path.dirname(file), { recursive: true });
    const program = await resolveProgram(TEMPORAL, () => undefined);
    const address = stack.temporal?.address ?? '';
    const shown = await runProgram(program, [
      'workflow',
      'show',
      '--workflow-id',
      workflowId,
      '--output',
      'json',
      '--address',
      address,
    ]);
    const text = `${JSON.stringify(JSON.parse(shown.output, withoutStackTraces))}\n`;
    await writeFile(file, text);
    await appendFile(CHECKSUMS, `${sha256(text)}  ${workflow}/${path.basename(file)}\n`);
  }
});
