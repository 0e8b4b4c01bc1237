import { ApplicationFailure } from '@temporalio/common';
import { atActivityEdge } from '../../../activities/activity-edge';
import { IncidentError } from '../../../domain/errors';
import { runActivity } from '../../support/run-activity';

async function failureOf(error: unknown): Promise<ApplicationFailure> {
  const { fail } = atActivityEdge({ fail: () => Promise.reject(error as Error) });
  const failure: unknown = await runActivity(fail, undefined).catch((thrown: unknown) => thrown);
  if (!(failure instanceof ApplicationFailure)) throw new Error('no failure of ours');
  return failure;
}

describe('an error at the edge of an activity', () => {
  it('is tried again when the receiver wants it to be', async () => {
    const failure = await failureOf(new IncidentError('NOTIFICATION_FAILED', { retryAfterMs: 7_000 }));

    expect(failure).toMatchObject({ type: 'NOTIFICATION_FAILED', nonRetryable: false, nextRetryDelay: 7_000 });
  });

  it('is tried again when the policy of the activity says, where nobody asks for anything', async () => {
    const failure = await failureOf(new IncidentError('NOTIFICATION_FAILED', { status: 500 }));

    expect(failure.nextRetryDelay ?? undefined).toBeUndefined();
  });

  it('says nothing of the text of an error that is not ours', async () => {
    const failure = await failureOf(new Error('postgres://user:canary@db/orders'));

    expect(JSON.stringify([failure.message, failure.details, failure.stack])).not.toContain('canary');
    expect(failure.type).toBe('INTERNAL');
  });
});
