import { randomUUID } from 'node:crypto';
import { Client, Connection } from '@temporalio/client';
import { NativeConnection, Worker } from '@temporalio/worker';
import { incidentId } from '../../domain/credential';
import { DEFAULT_POLICY } from '../../domain/policy';
import type { respondToLeak } from '../../workflows';
import { acknowledgeUpdate, detectionSignal, stateQuery } from '../../workflows/messages';
import { eventually } from '../support/eventually';
import { fakeActivities, sampleCredential, sampleInput, sampleVersion } from '../support/fake-activities';
import { startLocalStack } from '../../stack/local-stack';
import { PATIENT_ISOLATE } from '../../workers/response/patient-isolate';
import { CRITICAL_SIGNAL } from '../support/recorded-scenarios';
import { workflowBundle } from '../support/workflow-bundle';

/** With a history of so many events this Temporal suggests to go on with a new one, by default with four times as many. */
const LONG_HISTORY = 1_000;
/** Each is four events. */
const SIGNALS = 300;
const AT_ONCE = 100;

/** An incident that may never be closed unanswered, and is not contained: nobody may lose count of it. */
it('goes on with a new history, and with the question where it was', async () => {
  const stack = await startLocalStack({
    servers: ['temporal'],
    temporalConfig: [`limit.historyCount.suggestContinueAsNew=${LONG_HISTORY}`],
  });
  const { temporal } = stack as Required<typeof stack>;
  const connection = await Connection.connect({ address: temporal.address });
  const native = await NativeConnection.connect({ address: temporal.address });
  const client = new Client({ connection, namespace: temporal.namespace });
  const taskQueue = `renewal-${randomUUID()}`;
  const credential = sampleCredential({ id: `break-glass-${randomUUID()}`, protection: 'break-glass' });
  const { activities, calls } = fakeActivities({
    loadCredential: () => Promise.resolve({ credential, version: sampleVersion() }),
  });
  const worker = await Worker.create({
    ...{ connection: native, taskQueue, workflowBundle, activities },
    ...PATIENT_ISOLATE,
  });
  const workflowId = incidentId(credential.id, 1);
  const policy = { ...DEFAULT_POLICY, escalateEverySeconds: 1 };

  await worker.runUntil(async () => {
    const handle = await client.workflow.start<typeof respondToLeak>('respondToLeak', {
      workflowId,
      taskQueue,
      args: [sampleInput({ credentialId: credential.id }, policy)],
    });
    const first = (await handle.describe()).runId;
    const current = client.workflow.getHandle<typeof respondToLeak>(workflowId);
    const untilAsked = () =>
      eventually(
        // A machine under load fails the task of so many signals at first, and then there is no answer.
        () => current.query(stateQuery).catch(() => undefined),
        (view) => view?.incident.waiting !== undefined,
      );
    await untilAsked();
    await current.executeUpdate(acknowledgeUpdate, { args: [{ actor: 'ana@example.com', note: 'on it' }] });
    const pages = () => calls.filter((call) => call.endsWith('person-needed')).length;
    const before = pages();
    for (let sent = 0; sent < SIGNALS; sent += AT_ONCE)
      await Promise.all(Array.from({ length: AT_ONCE }, () => current.signal(detectionSignal, CRITICAL_SIGNAL)));

    await eventually(
      async () => (await current.describe()).runId,
      (run) => run !== first,
    );
    const view = await untilAsked();

    expect(view?.incident.evidence.severity).toBe('critical');
    expect(view?.incident.waiting?.question).toContain('NOT contained');
    expect(pages()).toBe(before);
    expect(calls).not.toContain('containVersion');
    await current.terminate();
  });
  await native.close();
  await connection.close();
  await stack.stop();
});
