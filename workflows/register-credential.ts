import { ApplicationFailure, CancellationScope, proxyActivities, workflowInfo } from '@temporalio/workflow';
import type { CredentialReadiness, ReadinessActivities } from '../activities/readiness';
import type { Registration, RegistrationActivities } from '../activities/registration';
import { stepFailure } from './lib/failure-code';

/** A person waits for the answer, and can send it again. */
const steps = proxyActivities<RegistrationActivities>({
  startToCloseTimeout: '30s',
  heartbeatTimeout: '10s',
  retry: { initialInterval: '1s', maximumAttempts: 4 },
});

/** A value that nobody owns must not live on. */
const untilDone = proxyActivities<RegistrationActivities>({
  startToCloseTimeout: '30s',
  heartbeatTimeout: '10s',
  retry: { initialInterval: '1s', maximumInterval: '1m' },
});

const looks = proxyActivities<ReadinessActivities>({
  startToCloseTimeout: '1m',
  heartbeatTimeout: '30s',
  retry: { initialInterval: '1s', maximumAttempts: 2 },
});

export type RegistrationRequest = Omit<Registration, 'runId'>;

/** What became of a registration: whether a leak of it could be answered now. */
export interface Registered {
  readonly credentialId: string;
  /** The newest that lives; undefined where all are refused. */
  readonly version?: number | undefined;
  readonly faults: CredentialReadiness['faults'];
}

/**
 * Takes a credential into the inventory, or what is said of one anew: its description, its first version (as others have issued it, or minted), and whether a leak of it could be
 * answered. A first version that does not work is undone. Begun by the HTTP API.
 */
export async function registerCredential(request: RegistrationRequest): Promise<Registered> {
  const { credential } = request;
  const registration = { ...request, runId: workflowInfo().runId };
  let isDescribed = false;
  try {
    await steps.describeCredential.executeWithOptions({ summary: `Write down what is said of ${credential.id}` }, [
      registration,
    ]);
    isDescribed = true;
    await steps.takeInFirstVersion.executeWithOptions({ summary: 'Its first version, seen to work' }, [registration]);
  } catch (error) {
    await CancellationScope.nonCancellable(() => undo({ ...registration, isDescribed }, error));
    throw error;
  }
  const [readiness] = await looks.examineReadiness.executeWithOptions({ summary: 'Could its leak be answered?' }, [
    { credentialIds: [credential.id] },
  ]);
  return { credentialId: credential.id, version: readiness?.version, faults: readiness?.faults ?? [] };
}

async function undo(registration: Registration & { readonly isDescribed: boolean }, why: unknown): Promise<void> {
  try {
    await untilDone.undoFirstVersion.executeWithOptions({ summary: 'Undo what did not work' }, [registration]);
  } catch (error) {
    const [failed, undone] = [stepFailure(why), stepFailure(error)];
    throw ApplicationFailure.nonRetryable(`${failed.message} The undo failed, too: ${undone.message}`, failed.code, {
      undoFailed: undone.code,
      mayLive: 'what was minted: look at the provider',
    });
  }
}
