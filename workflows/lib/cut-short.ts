import { CancelledFailure, ChildWorkflowFailure, TerminatedFailure, TimeoutFailure } from '@temporalio/common';
import { ApplicationFailure, CancellationScope } from '@temporalio/workflow';
import { MAX_MINTS } from '../rotate-credential';
import { withinMinutes } from './activity-proxies';
import type { LeftByRotation } from './failure-code';
import { incidentStep } from './incident-step';
import type { CutShort, Leak } from './leak';

/**
 * The failure of a rotation as its incident must take it. One that somebody cancelled by itself has undone itself, and is no cancellation of the
 * incident; one that was terminated has undone nothing, and can't say so.
 */
export function asEndedFromOutside(
  leak: Leak,
  runId: string,
  way: { readonly forwardOnly?: true },
  error: unknown,
): unknown {
  if (!(error instanceof ChildWorkflowFailure)) return error;
  const { cause } = error;
  const text = `Somebody terminated rotation ${leak.rotations}. Not undone: what it had minted, and whom it had moved.`;
  const wasCutShort = cause instanceof TerminatedFailure || cause instanceof TimeoutFailure;
  // Also where the incident ends with it: whoever is told how it ended must hear what is left.
  if (wasCutShort) leak.cutShort = { runId, text };
  if (CancellationScope.current().consideredCancelled) return error;
  if (cause instanceof CancelledFailure) {
    const left: LeftByRotation = { sentBack: !way.forwardOnly && !leak.atTheDoor };
    const undone = left.sentBack ? 'what it had done is undone' : 'nobody is sent back';
    return ApplicationFailure.nonRetryable(`Somebody cancelled the rotation: ${undone}.`, 'ROLLED_BACK', left);
  }
  return wasCutShort ? ApplicationFailure.nonRetryable(text, 'ROTATION_CUT_SHORT') : error;
}

/** Ends whatever a rotation that was cut short may have minted, where nothing of it lives that could take its place. */
export async function discardWhatWasMinted({ input, rotations }: Leak, { runId }: CutShort): Promise<void> {
  for (let mint = 1; mint <= MAX_MINTS; mint++)
    await withinMinutes.discardReplacement.executeWithOptions(
      { summary: 'Discard what a rotation that was cut short may have minted' },
      [{ ...incidentStep(input, `discard-cut-short.${rotations}.${mint}`), createStepKey: `${runId}/create.${mint}` }],
    );
}
