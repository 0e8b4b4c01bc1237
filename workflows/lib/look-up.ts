import { ActivityFailure, ApplicationFailure, CancellationScope, isCancellation } from '@temporalio/workflow';
import type { IncidentInput } from '../messages';
import { lookups, untilDone } from './activity-proxies';
import { stepFailure } from './failure-code';
import type { Known } from './leak';
import type { PersonDesk } from './person-desk';

/**
 * What the incident is about, tried until the inventory can be read; people are told that nothing is done meanwhile. A credential nobody
 * registered, or a version that is not in use, is the one thing an incident can't be about: that fails, with its code.
 */
export async function lookUp(input: IncidentInput, desk: PersonDesk): Promise<Known> {
  try {
    return await lookups().loadCredential.executeWithOptions({ summary: 'Read the inventory' }, [input]);
  } catch (error) {
    if (isCancellation(error)) throw error;
    mustBeReadable(error);
    return whilePaging(desk, unread(input, error), () => lookPatiently(input));
  }
}

async function lookPatiently(input: IncidentInput): Promise<Known> {
  try {
    return await untilDone.loadCredential.executeWithOptions({ summary: 'Read the inventory, until it answers' }, [
      input,
    ]);
  } catch (error) {
    if (isCancellation(error)) throw error;
    mustBeReadable(error);
    throw error;
  }
}

/** @throws what says that there is nothing to be read, as this workflow's own failure */
function mustBeReadable(error: unknown): void {
  const cause = error instanceof ActivityFailure ? error.cause : error;
  if (!(cause instanceof ApplicationFailure) || !cause.nonRetryable) return;
  const { code, message } = stepFailure(error);
  throw ApplicationFailure.nonRetryable(message, code);
}

function unread({ credentialId, version }: IncidentInput, error: unknown): string {
  return `The inventory can't be read, so nothing is done about version ${version} of ${credentialId}: this incident has NOT contained it; what was refused before stays refused. ${stepFailure(error).message}`;
}

/** Pages people along the ladder for as long as the work takes. */
async function whilePaging<T>(desk: PersonDesk, text: string, work: () => Promise<T>): Promise<T> {
  const paging = new CancellationScope();
  // Ends with its scope; that it was cancelled is no news.
  paging.run(() => desk.pageOn(text, 'Page again while the inventory can not be read')).catch(() => undefined);
  try {
    return await work();
  } finally {
    paging.cancel();
  }
}
