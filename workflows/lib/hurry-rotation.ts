import { getExternalWorkflowHandle, patched } from '@temporalio/workflow';
import { hurrySignal, type RotationTerms } from '../messages';
import type { Leak } from './leak';
import { signature } from './rotate-once';
import { termsNow } from './rotation-terms';
import { warnAnew } from './warn-dependents';

/** After graver evidence: a rotation that runs gets the terms it would be begun with now. `withdrawn`: it also loses the time that people gave it. */
export async function hurryRotation(leak: Leak, withdrawn: boolean): Promise<void> {
  const { rotation } = leak;
  const terms = termsNow(leak);
  if (!rotation || !(withdrawn || isShorter(terms, rotation.terms)) || !patched('hurry-rotation')) return;
  leak.rotation = { ...rotation, terms, warnings: warnAnew(leak, rotation, terms.moveWithinSeconds) };
  leak.board.apply({
    type: 'noted',
    at: Date.now(),
    note: `dependents have ${terms.moveWithinSeconds} s left to move (${leak.plan().severity})`,
  });
  // One that has just ended needs no hurry.
  await getExternalWorkflowHandle(rotation.workflowId)
    .signal(hurrySignal, { ...terms, ...signature(leak) })
    .catch(() => undefined);
}

/** Less time, or an end of it at which nobody is waited for. */
function isShorter(next: RotationTerms, before: RotationTerms): boolean {
  const decides = next.goOnWithoutMissing && !before.goOnWithoutMissing;
  return next.moveWithinSeconds < before.moveWithinSeconds || decides;
}
