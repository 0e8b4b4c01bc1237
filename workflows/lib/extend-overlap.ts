import { getExternalWorkflowHandle } from '@temporalio/workflow';
import { moreTimeSignal } from '../messages';
import { withinMinutes } from './activity-proxies';
import { incidentStep } from './incident-step';
import type { Leak } from './leak';
import { signature, warnAnew } from './rotate-once';

/** Dependents get longer: first the lane of those that can be told apart, then the rotation that waits for them. */
export async function extendOverlap(leak: Leak, seconds: number, people: readonly string[]): Promise<void> {
  const { input, board, rotation, plan } = leak;
  if (!rotation) return;
  const actor = people.join(' and ');
  leak.extendedSeconds = (leak.extendedSeconds ?? 0) + seconds;
  if (plan().overlapSeconds > 0) {
    const extension = { ...incidentStep(input, `extend.to.${leak.extendedSeconds}`), seconds, actor };
    try {
      await withinMinutes.extendLane.executeWithOptions({ summary: `Keep the lane open for ${seconds} s more` }, [
        extension,
      ]);
    } catch (error) {
      leak.extendedSeconds -= seconds;
      throw error;
    }
  }
  board.apply({ type: 'noted', at: Date.now(), note: `${actor} gave dependents ${seconds} s more` });
  const left =
    (board.incident.milestones.contained ?? Date.now()) +
    (rotation.terms.moveWithinSeconds + leak.extendedSeconds) * 1000 -
    Date.now();
  leak.rotation = { ...rotation, warnings: warnAnew(leak, rotation, Math.max(1, left / 1000)) };
  // One that has just ended needs no more time.
  await getExternalWorkflowHandle(rotation.workflowId)
    .signal(moreTimeSignal, { seconds, ...signature(leak) })
    .catch(() => undefined);
}
