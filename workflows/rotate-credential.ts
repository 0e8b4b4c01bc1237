import {
  ActivityFailure,
  ApplicationFailure,
  getExternalWorkflowHandle,
  isCancellation,
  setHandler,
  sleep,
  workflowInfo,
} from '@temporalio/workflow';
import type { RetryPolicy } from '@temporalio/common';
import type { IncidentStep } from '../activities/incident-step';
import type { IncidentEvent } from '../domain/incident';
import { moves, undos, withinMinutes } from './lib/activity-proxies';
import { stepFailure } from './lib/failure-code';
import { MovingTime } from './lib/moving-time';
import { isRotationTerms } from './lib/signal-shapes';
import { UndoStack } from './lib/undo-stack';
import { hurrySignal, progressSignal, type RotationInput, type RotationResult } from './messages';

/** A rejected value is tried once more with another one; then a person is asked (Vault's lesson: never the same for ever). */
const MAX_MINTS = 2;

/**
 * Create → distribute → prove use. Whatever fails, what was done is undone in reverse order: dependents go back to the old
 * version, the new one is discarded. It never touches the containment of the old version.
 */
export async function rotateCredential(input: RotationInput): Promise<RotationResult> {
  const undo = new UndoStack();
  const time = new MovingTime(input);
  setHandler(hurrySignal, (terms) => void (isRotationTerms(terms) && time.hurry(terms, Date.now())), {
    description: 'Dependents have less time than was thought',
  });
  try {
    const replacement = await mint(input, undo);
    const told = report(input, {
      type: 'replaced',
      at: replacement.at,
      note: `version ${replacement.version} (${replacement.publicId}) minted and tested`,
    });
    const { moved, missing, at } = await moveDependents(input, replacement.version, undo, time);
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

/** A dependent that refuses is asked again this often until its time is over: a person may mend it meanwhile. */
const ASK_AGAIN_MS = 10_000;

async function moveDependents(input: RotationInput, to: number, undo: UndoStack, time: MovingTime) {
  const results = await Promise.allSettled(
    input.dependents.map((dependentId) => {
      undo.register(`restore ${dependentId}`, () =>
        undos.restoreDependent.executeWithOptions({ summary: `Send ${dependentId} back to version ${input.version}` }, [
          { ...step(input, `restore.${dependentId}`), dependentId, to: input.version },
        ]),
      );
      return moveOne(input, dependentId, to, time);
    }),
  );
  const failure = results.find((result) => result.status === 'rejected');
  if (failure && (isCancellation(failure.reason) || !time.goOnWithoutMissing)) throw failure.reason;
  const moved = input.dependents.filter((_, index) => results[index]?.status === 'fulfilled');
  const missing = input.dependents.filter((_, index) => results[index]?.status === 'rejected');
  const at = Math.max(0, ...results.map((result) => (result.status === 'fulfilled' ? result.value.at : 0)));
  return { moved, missing, at: at || Date.now() };
}

/** Only the deadline makes a dependent missing, where the plan goes on without: until then it is asked again. */
async function moveOne(input: RotationInput, dependentId: string, to: number, time: MovingTime) {
  const move = { ...step(input, `move.${dependentId}`), dependentId, to };
  let told = '';
  for (;;) {
    const options = {
      summary: `Move ${dependentId} to version ${to}`,
      scheduleToCloseTimeout: Math.max(1, time.left(Date.now())),
    };
    try {
      const moved = await time.attempt(() => moves.moveDependent.executeWithOptions(options, [move]));
      if (moved !== 'hurried') return moved;
    } catch (error) {
      if (isCancellation(error) || !time.goOnWithoutMissing || time.left(Date.now()) <= ASK_AGAIN_MS) throw error;
      const { message } = stepFailure(error);
      const note = `${dependentId} has not moved: ${message} It is asked again until the deadline.`;
      if (note !== told) await report(input, { type: 'noted', at: Date.now(), note });
      told = note;
      await time.attempt(() => sleep(ASK_AGAIN_MS, { summary: `Ask ${dependentId} again` }));
    }
  }
}

async function report(input: RotationInput, event: IncidentEvent): Promise<void> {
  // An incident that was terminated needs no progress; the rotation must not fail for it.
  await getExternalWorkflowHandle(input.incidentId)
    .signal(progressSignal, event)
    .catch(() => undefined);
}

function step(input: RotationInput, name: string): IncidentStep {
  return {
    incidentId: input.incidentId,
    runId: input.incidentRunId,
    credentialId: input.credentialId,
    version: input.version,
    stepKey: `${workflowInfo().firstExecutionRunId}/${name}`,
    ...(input.simulated ? { simulated: true } : {}),
  };
}
