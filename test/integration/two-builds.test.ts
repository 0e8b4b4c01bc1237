import { randomUUID } from 'node:crypto';
import path from 'node:path';
import { Client, Connection } from '@temporalio/client';
import { bundleWorkflowCode, NativeConnection, Worker, type WorkflowBundleOption } from '@temporalio/worker';
import { incidentId } from '../../domain/credential';
import { DEPLOYMENT_NAME, listBuilds, promoteBuild, registerBuild } from '../../workers/worker-builds';
import type { respondToLeak } from '../../workflows';
import { approveStepUpdate } from '../../workflows/messages';
import { fakeActivities, sampleAssessment, sampleInput } from '../support/fake-activities';
import { integrationStack } from '../support/integration-stack';
import { untilWaiting } from '../support/run-incident';
import { workflowBundle } from '../support/workflow-bundle';

const PERSON = { actor: 'ana@example.com', note: 'seen' };

/** A change is deployed while an incident waits for days: its commands differ, and nothing is patched. */
describe('two builds at once', () => {
  const { temporal } = integrationStack();
  const taskQueue = `builds-${randomUUID()}`;
  const [before, after] = [`before-${randomUUID().slice(0, 8)}`, `after-${randomUUID().slice(0, 8)}`];
  let connection: Connection;
  let native: NativeConnection;
  let client: Client;

  beforeAll(async () => {
    connection = await Connection.connect({ address: temporal.address });
    native = await NativeConnection.connect({ address: temporal.address });
    client = new Client({ connection, namespace: temporal.namespace });
  });

  afterAll(async () => {
    await native.close();
    await connection.close();
  });

  it('an open incident ends on the build it began on; new ones begin on the promoted build', async () => {
    const changed = await bundleWorkflowCode({
      workflowsPath: path.resolve(__dirname, '../../workflows/index.ts'),
      webpackConfigHook: (config) => ({
        ...config,
        resolve: {
          ...config.resolve,
          alias: {
            ...(config.resolve?.alias as Record<string, string> | undefined),
            [path.resolve(__dirname, '../../workflows/lib/tell-everyone')]: path.resolve(
              __dirname,
              '../support/changed-tell-everyone.ts',
            ),
          },
        },
      }),
    });

    const [old, late] = [fakeActivities(), fakeActivities()];
    const oldWorker = await work(before, workflowBundle, old.activities);
    expect(await registerBuild(connection, temporal.namespace, before, { demanded: true })).toBe('current');
    const first = await begin();
    await untilWaiting(first);

    const newWorker = await work(after, changed, late.activities);
    expect(await registerBuild(connection, temporal.namespace, after, { demanded: false })).toBe('waiting');
    await promoteBuild(connection, temporal.namespace, after);
    const second = await begin();
    await untilWaiting(second);

    for (const handle of [first, second]) await handle.executeUpdate(approveStepUpdate, { args: [PERSON] });
    expect((await first.result()).outcome).toBe('recovered');
    expect((await second.result()).outcome).toBe('recovered');
    expect(await buildOf(first)).toBe(before);
    expect(await buildOf(second)).toBe(after);
    expect(old.calls).toContain('notifyAudience security resolved');
    expect(late.calls.join()).not.toContain('notifyAudience');
    const builds = await listBuilds(connection, temporal.namespace);
    expect(builds.find(({ isCurrent }) => isCurrent)?.buildId).toBe(after);
    expect(builds.find(({ buildId }) => buildId === before)?.drainage).toMatch(/draining|drained/);

    await Promise.all([oldWorker.stop(), newWorker.stop()]);
  });

  it('one that no worker ever had can not be promoted', async () => {
    await expect(promoteBuild(connection, temporal.namespace, 'nobody-runs-this')).rejects.toThrow('BUILD_UNKNOWN');
  });

  async function work(
    buildId: string,
    code: WorkflowBundleOption,
    activities: ReturnType<typeof fakeActivities>['activities'],
  ) {
    const worker = await Worker.create({
      connection: native,
      namespace: temporal.namespace,
      taskQueue,
      workflowBundle: code,
      activities,
      // Every task replays the history: a command that differs would show.
      maxCachedWorkflows: 0,
      workerDeploymentOptions: {
        version: { deploymentName: DEPLOYMENT_NAME, buildId },
        useWorkerVersioning: true,
        defaultVersioningBehavior: 'PINNED',
      },
    });
    const ran = worker.run();
    return {
      async stop() {
        worker.shutdown();
        await ran;
      },
    };
  }

  function begin() {
    const input = sampleInput({
      credentialId: `built-${randomUUID().slice(0, 8)}`,
      assessment: sampleAssessment({ families: ['origin'] }),
    });
    return client.workflow.start<typeof respondToLeak>('respondToLeak', {
      workflowId: incidentId(input.credentialId, 1),
      taskQueue,
      args: [{ ...input, policy: { ...input.policy, watchSeconds: 0 } }],
    });
  }

  async function buildOf({ workflowId }: { readonly workflowId: string }): Promise<string | undefined> {
    const { raw } = await client.workflow.getHandle(workflowId).describe();
    return raw.workflowExecutionInfo?.versioningInfo?.deploymentVersion?.buildId ?? undefined;
  }
});
