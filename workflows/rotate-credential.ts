import {
  ActivityFailure,
  ApplicationFailure,
  getExternalWorkflowHandle,
  isCancellation,
  workflowInfo,
} from '@temporalio/workflow';
import type { RetryPolicy } from '@temporalio/common';
import type { IncidentEvent } from '../domain/incident';
import { moves, undos, withinMinutes } from './lib/activity-proxies';
import { stepFailure } from './lib/failure-code';
import { UndoStack } from './lib/undo-stack';
import { progressSignal, type RotationInput, type RotationResult } from './messages';

/** A rejected value is tried once more with another one; then a person is asked (Vault's lesson: never the same for ever). */
const MAX_MINTS = 2;

/**
 * Create → distribute → prove use. Whatever fails, what was done is undone in reverse order: dependents go back to the old
 * version, the new one is discarded. It never touches the containment of the old version.
 */
export async function rotateCredential(input: RotationInput): Promise<RotationResult> {
  const undo = new UndoStack();
  try {
    const replacement = await mint(input, undo);
    const told = report(input, {
      type: 'replaced',
      at: replacement.at,
      note: `version ${replacement.version} (${replacement.publicId}) minted and tested`,
    });
    const { moved, missing, at } = await moveDependents(input, replacement.version, undo);
    await told;
    return { replacement: replacement.version, replacedAt: replacement.at, movedAt: at, moved, missing };
  } catch (error) {
    const failed = await undo.run();
    if (isCancellation(error)) throw error;
    const { code, message } = stepFailure(error);
    throw ApplicationFailure.create({
      type: failed.length > 0 ? 'ROLLBACK_INCOMPLETE' : 'ROLLED_BACK',
      message: `${message}${failed.length > 0 ? ` Not undone: ${failed.map(({ name }) => name).join(', ')}.` : ''}`,
      nonRetryable: true,
      details: [{ code, notUndone: failed.map(({ name }) => name) }],
    });
  }
}

async function mint(input: RotationInput, undo: UndoStack) {
  for (let attempt = 1; ; attempt++) {
    const create = step(input, `create.${attempt}`);
    undo.register('discard the replacement', () =>
      undos.discardReplacement.executeWithOptions({ summary: 'Discard the replacement' }, [
        { ...step(input, `discard.${attempt}`), createStepKey: create.stepKey },
      ]),
    );
    try {
      return await withinMinutes.createReplacement.executeWithOptions(
        { summary: 'Mint and test the replacement', retry: retryUnlessRejected },
        [create],
      );
    } catch (error) {
      if (
        !(error instanceof ActivityFailure) ||
        stepFailure(error).code !== 'REPLACEMENT_REJECTED' ||
        attempt === MAX_MINTS
      )
        throw error;
    }
  }
}

/** A rejected value is not tried twice by the activity's own retries: the next attempt mints another. */
const retryUnlessRejected: RetryPolicy = {
  initialInterval: '200ms',
  maximumInterval: '10s',
  nonRetryableErrorTypes: ['REPLACEMENT_REJECTED'],
};

async function moveDependents(input: RotationInput, to: number, undo: UndoStack) {
  const results = await Promise.allSettled(
    input.dependents.map(async (dependentId) => {
      undo.register(`restore ${dependentId}`, () =>
        undos.restoreDependent.executeWithOptions({ summary: `Send ${dependentId} back to version ${input.version}` }, [
          { ...step(input, `restore.${dependentId}`), dependentId, to: input.version },
        ]),
      );
      const move = { ...step(input, `move.${dependentId}`), dependentId, to };
      return moves.moveDependent.executeWithOptions(
        { summary: `Move ${dependentId} to version ${to}`, scheduleToCloseTimeout: `${input.moveWithinSeconds}s` },
        [move],
      );
    }),
  );
  const failure = results.find((result) => result.status === 'rejected');
  if (failure && (isCancellation(failure.reason) || !input.goOnWithoutMissing)) throw failure.reason;
  const moved = input.dependents.filter((_, index) => results[index]?.status === 'fulfilled');
  const missing = input.dependents.filter((_, index) => results[index]?.status === 'rejected');
  const at = Math.max(0, ...results.map((result) => (result.status === 'fulfilled' ? result.value.at : 0)));
  return { moved, missing, at: at || Date.now() };
}

async function report(input: RotationInput, event: IncidentEvent): Promise<void> {
  // An incident that was terminated needs no progress; the rotation must not fail for it.
  await getExternalWorkflowHandle(input.incidentId)
    .signal(progressSignal, event)
    .catch(() => undefined);
}

function step(input: RotationInput, name: string) {
  return {
    incidentId: input.incidentId,
    runId: input.incidentRunId,
    credentialId: input.credentialId,
    version: input.version,
    stepKey: `${workflowInfo().firstExecutionRunId}/${name}`,
  };
}
