import { randomUUID } from 'node:crypto';
import { ApplicationFailure, WorkflowFailedError } from '@temporalio/client';
import type { TestWorkflowEnvironment } from '@temporalio/testing';
import { registrationId } from '../../domain/credential';
import type { registerCredential } from '../../workflows';
import type { Registered } from '../../workflows/register-credential';
import { refusal } from '../support/fake-activities';
import { fakeRegistration, sampleRegistration, type FakeRegistration } from '../support/fake-registration';
import { testWorker } from '../support/test-worker';
import { timeSkippingEnvironment } from '../support/time-skipping-environment';

let environment: TestWorkflowEnvironment;

beforeAll(async () => {
  environment = await timeSkippingEnvironment();
});

afterAll(async () => {
  await environment.teardown();
});

async function register({ activities }: FakeRegistration): Promise<Registered> {
  const request = sampleRegistration(`orders-db-${randomUUID()}`);
  const { worker, taskQueue } = await testWorker(environment, activities);
  return worker.runUntil(() =>
    environment.client.workflow.execute<typeof registerCredential>('registerCredential', {
      workflowId: registrationId(request.credential.id),
      taskQueue,
      args: [request],
    }),
  );
}

async function failureOf(rig: FakeRegistration): Promise<ApplicationFailure> {
  const error: unknown = await register(rig).catch((failed: unknown) => failed);
  const cause = error instanceof WorkflowFailedError ? error.cause : undefined;
  const failure = cause instanceof ApplicationFailure ? cause : cause?.cause;
  if (failure instanceof ApplicationFailure) return failure;
  throw new Error('the registration did not fail');
}

it('describes, takes in, and says whether a leak could be answered', async () => {
  const rig = fakeRegistration({
    examineReadiness: () =>
      Promise.resolve([
        {
          ...{ credentialId: 'orders-db', provider: 'postgres-role', version: 1 },
          faults: [{ step: 'move billing', code: 'DEPENDENT_UNREACHABLE', fault: 'it is down' }],
        },
      ]),
  });

  expect(await register(rig)).toMatchObject({ version: 1, faults: [{ step: 'move billing' }] });
  expect(rig.calls).toEqual(['describeCredential', 'takeInFirstVersion']);
});

it('undoes a first version that does not work, and says why it did not', async () => {
  const rig = fakeRegistration({ takeInFirstVersion: () => Promise.reject(refusal('ADOPTION_REFUSED')) });

  expect(await failureOf(rig)).toMatchObject({ type: 'ADOPTION_REFUSED' });
  expect(rig.calls).toEqual(['describeCredential', 'takeInFirstVersion', 'undoFirstVersion']);
});

it('keeps nothing of what was given where nothing was begun', async () => {
  const described: boolean[] = [];
  const rig = fakeRegistration({
    describeCredential: () => Promise.reject(refusal('CREDENTIAL_DIFFERS')),
    undoFirstVersion: ({ isDescribed }) => Promise.resolve(void described.push(isDescribed)),
  });

  expect(await failureOf(rig)).toMatchObject({ type: 'CREDENTIAL_DIFFERS' });
  expect(rig.calls).toEqual(['describeCredential', 'undoFirstVersion']);
  expect(described).toEqual([false]);
});

it('goes on undoing while the system is away, and says so when it can not', async () => {
  let attempts = 0;
  const rig = fakeRegistration({
    takeInFirstVersion: () => Promise.reject(refusal('PROVIDER_REFUSED')),
    undoFirstVersion: () =>
      Promise.reject(++attempts < 8 ? refusal('PROVIDER_UNAVAILABLE', false) : refusal('PROVIDER_ADMIN_DENIED')),
  });

  const { type, message } = await failureOf(rig);

  expect([type, attempts]).toEqual(['PROVIDER_REFUSED', 8]);
  expect(message).toMatch(/PROVIDER_REFUSED.*The undo failed, too: PROVIDER_ADMIN_DENIED/);
});
