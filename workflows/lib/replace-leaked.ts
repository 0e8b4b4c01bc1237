import { CancellationScope, executeChild, ParentClosePolicy, sleep, workflowInfo } from '@temporalio/workflow';
import { responsesFor } from '../../domain/policy';
import type { RotationResult } from '../messages';
import { rotateCredential } from '../rotate-credential';
import { insist, type Leak } from './leak';

/** People are told when this share of the time for dependents is over; design.md's table. */
const WARN_AT = [0.5, 0.8] as const;

/** Mints a replacement and moves the dependents to it, as a child workflow that undoes itself when it fails. */
export async function replaceLeaked(leak: Leak): Promise<RotationResult> {
  const { input, board } = leak;
  let generation = 0;
  const rotation = await insist(
    leak,
    'replace it',
    () => rotateOnce(leak, ++generation),
    ({ message }) =>
      board.apply({ type: 'rolled-back', at: Date.now(), note: `rotation ${generation} rolled back: ${message}` }),
  );
  board.replacement = rotation.replacement;
  const missing = rotation.missing.join(', ');
  const moved = `${rotation.moved.join(', ') || 'no dependent'} moved to version ${rotation.replacement}`;
  board.apply({
    type: 'moved',
    at: rotation.movedAt,
    note: `${moved}${missing ? `; NOT moved in time: ${missing}` : ''}`,
  });
  if (missing)
    await leak.desk.tell(
      `Dependents of ${input.credentialId} that had not moved at the deadline lose access now: ${missing}.`,
    );
  return rotation;
}

async function rotateOnce(leak: Leak, generation: number): Promise<RotationResult> {
  const { input, credential } = leak;
  const plan = leak.plan();
  const { overlapSeconds } = responsesFor(input.policy, credential)[plan.severity];
  const warnings = new CancellationScope();
  // Ends with its scope; that it was cancelled is no news.
  warnings.run(() => warnPeople(leak, overlapSeconds)).catch(() => undefined);
  try {
    return await executeChild(rotateCredential, {
      workflowId: `rotate/${input.credentialId}/${input.version}/${generation}`,
      parentClosePolicy: ParentClosePolicy.REQUEST_CANCEL,
      staticSummary: `${input.simulated ? 'SIMULATED: ' : ''}Replace ${input.credentialId} v${input.version}`,
      args: [
        {
          incidentId: workflowInfo().workflowId,
          incidentRunId: workflowInfo().runId,
          credentialId: input.credentialId,
          version: input.version,
          dependents: credential.dependents.map(({ id }) => id),
          generation,
          moveWithinSeconds: overlapSeconds,
          goOnWithoutMissing: plan.revokeAtDeadline,
          ...(input.simulated ? { simulated: true } : {}),
        },
      ],
    });
  } finally {
    warnings.cancel();
  }
}

async function warnPeople({ desk, input }: Leak, overlapSeconds: number): Promise<void> {
  let over = 0;
  for (const share of WARN_AT) {
    await sleep((share - over) * overlapSeconds * 1000);
    over = share;
    await desk.tell(
      `${share * 100} % of the time for the dependents of ${input.credentialId} is over, and not all have moved.`,
    );
  }
}
