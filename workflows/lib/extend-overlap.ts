import { getExternalWorkflowHandle, patched } from '@temporalio/workflow';
import { compareSeverity } from '../../domain/severity';
import { moreTimeSignal } from '../messages';
import { withinMinutes } from './activity-proxies';
import { refuseAsPlanned } from './follow-plan';
import { incidentStep } from './incident-step';
import type { Leak } from './leak';
import { signature } from './rotate-once';
import { refuse } from './update-shapes';
import { warnAnew } from './warn-dependents';

/** Dependents get longer: first the lane of those that can be told apart, then the rotation that waits for them. */
export async function extendOverlap(leak: Leak, seconds: number, people: readonly string[]): Promise<void> {
  const { board, rotation, plan } = leak;
  if (!rotation) return;
  const actor = people.join(' and ');
  const { severity } = plan();
  const isGraver = (): boolean => compareSeverity(plan().severity, severity) > 0;
  // Counted before it is given, it would be taken back by evidence that comes meanwhile.
  const countsWhenGiven = patched('counted-when-given');
  if (!countsWhenGiven) leak.extendedSeconds = (leak.extendedSeconds ?? 0) + seconds;
  const grant = await extendLane(leak, seconds, actor)
    .catch((error: unknown) => {
      if (!countsWhenGiven) leak.extendedSeconds = (leak.extendedSeconds ?? 0) - seconds;
      throw error;
    })
    .finally(async () => {
      // The lane may have been made longer after it was made shorter, also by a step that failed after that.
      if (isGraver() && countsWhenGiven) await refuseAsPlanned(leak);
    });
  // What was approved was approved of what was known then, for the rotation that ran then.
  if (isGraver() || leak.rotation?.generation !== rotation.generation) {
    if (!countsWhenGiven) leak.extendedSeconds = (leak.extendedSeconds ?? 0) - seconds;
    throw refuse('it has become graver, or nobody moves any more: dependents get no more time');
  }
  if (countsWhenGiven) leak.extendedSeconds = (leak.extendedSeconds ?? 0) + seconds;
  leak.extensions = (leak.extensions ?? 0) + 1;
  board.apply({ type: 'noted', at: Date.now(), note: `${actor} gave dependents ${seconds} s more` });
  const { terms } = leak.rotation;
  const left =
    (board.incident.milestones.contained ?? Date.now()) +
    (terms.moveWithinSeconds + (leak.extendedSeconds ?? 0)) * 1000 -
    Date.now();
  leak.rotation = { ...leak.rotation, warnings: warnAnew(leak, leak.rotation, Math.max(1, left / 1000)) };
  // One that has just ended needs no more time.
  await getExternalWorkflowHandle(rotation.workflowId)
    .signal(moreTimeSignal, { seconds, ...(grant === undefined ? {} : { grant }), ...signature(leak) })
    .catch(() => undefined);
}

/** Resolves to the key under which the time that was given is on record. */
async function extendLane(leak: Leak, seconds: number, actor: string): Promise<string | undefined> {
  const { input, plan, rotations, extensions = 0 } = leak;
  if (plan().overlapSeconds === 0 && !patched('moving-time')) return undefined;
  // A repetition after a failure is the same step; another extension, or one of another rotation, is another.
  const name = `extend.${rotations}.${extensions}.by.${seconds}`;
  const extension = { ...incidentStep(input, name), seconds, actor, generation: rotations };
  const summary = `Keep the lane open for ${seconds} s more`;
  const { laneUntil } = await withinMinutes.extendLane.executeWithOptions({ summary }, [extension]);
  leak.laneUntil = laneUntil;
  return extension.stepKey;
}
