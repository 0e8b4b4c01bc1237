import {
  CancellationScope,
  executeChild,
  getExternalWorkflowHandle,
  ParentClosePolicy,
  patched,
  sleep,
  workflowInfo,
} from '@temporalio/workflow';
import { responsesFor } from '../../domain/policy';
import { wavesOf } from '../../domain/waves';
import { hurrySignal, type RotationResult, type RotationTerms } from '../messages';
import { rotateCredential } from '../rotate-credential';
import { withinMinutes } from './activity-proxies';
import { incidentStep } from './incident-step';
import { insist, type Leak } from './leak';

/** People are told when this share of the time for dependents is over; design.md's table. */
const WARN_AT = [0.5, 0.8] as const;

/** Mints a replacement and moves the dependents to it, as a child workflow that undoes itself when it fails. */
export async function replaceLeaked(leak: Leak): Promise<RotationResult> {
  const { board } = leak;
  const rotation = await insist(leak, 'replace it', () => rotateOnce(leak), {
    onFailure: ({ code, message }) => {
      leak.rolledBack = code === 'ROLLBACK_INCOMPLETE' ? 'incomplete' : 'complete';
      board.apply({ type: 'rolled-back', at: Date.now(), note: `rotation ${leak.rotations} rolled back: ${message}` });
    },
  });
  leak.rolledBack = undefined;
  board.replacement = rotation.replacement;
  const missing = rotation.missing.join(', ');
  const moved = `${rotation.moved.join(', ') || 'no dependent'} moved to version ${rotation.replacement}`;
  board.apply({
    type: 'moved',
    at: rotation.movedAt,
    note: `${moved}${missing ? `; NOT moved in time: ${missing}` : ''}`,
  });
  return rotation;
}

/** Of an incident that was opened again: its dependents have long moved. */
export function replacedBefore(
  { board, input }: Leak,
  { replacement }: { readonly replacement: number },
): RotationResult {
  const at = Date.now();
  board.replacement = replacement;
  board.apply({ type: 'replaced', at, note: `version ${replacement} took its place before` });
  board.apply({ type: 'moved', at, note: `nobody moves: version ${input.version} was ended before` });
  return { replacement, replacedAt: at, movedAt: at, moved: [], missing: [] };
}

/**
 * After the one-way door, when the replacement turned out not to work: another one is minted, and nobody goes back. What does not work
 * is ended as well.
 */
export async function replaceReplacement(leak: Leak, refused: number): Promise<RotationResult> {
  const { input, board, desk } = leak;
  await desk.tell(
    `Version ${refused}, the replacement of ${input.credentialId}, does not work: another one is minted.`,
  );
  const rotation = await insist(leak, 'replace the replacement', () => rotateOnce(leak, { forwardOnly: true }), {
    needed: true,
  });
  board.replacement = rotation.replacement;
  board.apply({
    type: 'noted',
    at: rotation.movedAt,
    note: `${rotation.moved.join(', ') || 'no dependent'} moved on to version ${rotation.replacement}`,
  });
  const discard = { ...incidentStep(input, `discard.${refused}`), replacement: refused };
  await insist(leak, 'end the replacement that does not work', () =>
    withinMinutes.discardReplacement.executeWithOptions({ summary: `End version ${refused}, which does not work` }, [
      discard,
    ]),
  );
  return rotation;
}

async function rotateOnce(leak: Leak, way: { readonly forwardOnly?: true } = {}): Promise<RotationResult> {
  const { input, credential } = leak;
  leak.rotations += 1;
  const generation = leak.rotations;
  const terms = termsNow(leak);
  const workflowId = `rotate/${input.credentialId}/${input.version}/${generation}`;
  const warnings = new CancellationScope();
  // Ends with its scope; that it was cancelled is no news.
  warnings.run(() => warnPeople(leak, terms.moveWithinSeconds)).catch(() => undefined);
  leak.rotation = { workflowId, terms };
  try {
    return await executeChild(rotateCredential, {
      workflowId,
      parentClosePolicy: ParentClosePolicy.REQUEST_CANCEL,
      staticSummary: `${input.simulated ? 'SIMULATED: ' : ''}Replace ${input.credentialId} v${input.version}`,
      args: [
        {
          incidentId: workflowInfo().workflowId,
          incidentRunId: workflowInfo().runId,
          credentialId: input.credentialId,
          version: input.version,
          dependents: credential.dependents.map(({ id }) => id),
          // Those that are refused already gain nothing by waiting for one another.
          ...(leak.plan().strategy === 'separable' && !way.forwardOnly
            ? { waves: wavesOf(credential.dependents) }
            : {}),
          generation,
          ...terms,
          ...way,
          ...(input.simulated ? { simulated: true } : {}),
        },
      ],
    });
  } finally {
    leak.rotation = undefined;
    warnings.cancel();
  }
}

function termsNow({ input, credential, plan }: Leak): RotationTerms {
  const { severity, revokeAtDeadline } = plan();
  const { overlapSeconds } = responsesFor(input.policy, credential)[severity];
  return { moveWithinSeconds: overlapSeconds, goOnWithoutMissing: revokeAtDeadline };
}

/** After graver evidence: a rotation that runs gets the terms it would be begun with now. */
export async function hurryRotation(leak: Leak): Promise<void> {
  const { rotation } = leak;
  const terms = termsNow(leak);
  if (!rotation || terms.moveWithinSeconds >= rotation.terms.moveWithinSeconds || !patched('hurry-rotation')) return;
  leak.rotation = { ...rotation, terms };
  leak.board.apply({
    type: 'noted',
    at: Date.now(),
    note: `dependents have ${terms.moveWithinSeconds} s left to move (${leak.plan().severity})`,
  });
  // One that has just ended needs no hurry.
  await getExternalWorkflowHandle(rotation.workflowId)
    .signal(hurrySignal, terms)
    .catch(() => undefined);
}

async function warnPeople({ desk, input }: Leak, overlapSeconds: number): Promise<void> {
  let over = 0;
  for (const share of WARN_AT) {
    await sleep((share - over) * overlapSeconds * 1000, {
      summary: `Tell people at ${share * 100} % of the time for dependents`,
    });
    over = share;
    await desk.tell(
      `${share * 100} % of the time for the dependents of ${input.credentialId} is over, and not all have moved.`,
    );
  }
}
