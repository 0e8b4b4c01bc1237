import { WorkflowExecutionAlreadyStartedError } from '@temporalio/common';
import { CancellationScope, ParentClosePolicy, patched, startChild, workflowInfo } from '@temporalio/workflow';
import { containedWatchId, watchId } from '../../domain/credential';
import { watchSecondsOf } from '../../domain/policy';
import type { watchContainment } from '../watch-containment';
import type { WatchInput } from '../messages';
import type { Leak } from './leak';
import { isRefusedAtProvider } from './tighten-containment';

/** Has somebody look after the closed incident for days. */
export async function keepWatch(leak: Leak, replacement: number): Promise<void> {
  const { credentialId, version, policy } = leak.input;
  if (watchSecondsOf(policy) === 0 || !patched('keep-watch')) return;
  await begin(leak, watchId(credentialId, version), `Watch ${credentialId} v${version}: does it stay dead?`, {
    replacement,
    since: leak.board.incident.milestones.verified ?? Date.now(),
  });
}

/**
 * Has somebody look for days whether what an incident has refused at its provider, and could not end, stays refused. The denylist has its sweep. Never
 * cancelled with its incident. What the last incident of a version knew is what counts: its watch takes the place of those before.
 */
export async function watchContained(leak: Leak): Promise<void> {
  const { input, board, kept, keptIsDead, newer } = leak;
  const { credentialId, version, policy } = input;
  if (watchSecondsOf(policy) === 0) return;
  const isOfNow = patched('watch-what-is-left');
  if (isOfNow ? !isLeftRefused(leak) : !(isRefusedAtProvider(leak.applied) && patched('watch-contained'))) return;
  const id = containedWatchId(credentialId, version, isOfNow ? kindOf(leak) : workflowInfo().runId);
  const about = {
    replacement: board.replacement ?? (keptIsDead ? undefined : kept?.version) ?? newer ?? version,
    // A lift that was carried out is no older.
    since: leak.liftingSince ?? Date.now(),
    contained: true,
    evidence: board.incident.evidence,
    ...(isOfNow && !isKnownRefused(leak) ? { maybeRevoked: true as const } : {}),
  } as const;
  const summary = `Watch ${credentialId} v${version}: does it stay refused?`;
  await CancellationScope.nonCancellable(() =>
    begin(leak, id, summary, about, isOfNow ? 'TERMINATE_IF_RUNNING' : 'ALLOW_DUPLICATE'),
  );
}

/** No exercise ends the watch of a leak, and none that looks less the one that looks at all. */
function kindOf(leak: Leak): 'contained' | 'maybe-revoked' | 'exercise' {
  const kind = leak.input.simulated ? 'exercise' : isKnownRefused(leak) ? 'contained' : 'maybe-revoked';
  return kind === 'contained' || patched('watches-apart') ? kind : 'contained';
}

/** Whether nobody looks after it yet. Whether what was to be lifted was lifted is known to the inventory: its watch asks that first. */
function isLeftRefused(leak: Leak): boolean {
  if (leak.board.incident.milestones.verified !== undefined) return false;
  if (leak.liftingSince !== undefined && !patched('watch-what-may-be-lifted')) return false;
  // It was refused for a leak: what looks after that tells the truth, and an exercise's watch would not.
  if (leak.input.simulated && leak.wasKnown && leak.atTheDoor !== true && patched('watches-apart')) return false;
  return leak.atTheDoor === true || isKnownRefused(leak);
}

function isKnownRefused({ board, applied, wasRefused, plan }: Leak): boolean {
  return (
    board.incident.milestones.revoked !== undefined || isRefusedAtProvider(applied ?? (wasRefused ? plan() : undefined))
  );
}

async function begin(
  { input }: Leak,
  workflowId: string,
  staticSummary: string,
  about: Pick<WatchInput, 'replacement' | 'since' | 'contained' | 'maybeRevoked' | 'evidence'>,
  workflowIdReusePolicy: 'ALLOW_DUPLICATE' | 'TERMINATE_IF_RUNNING' = 'ALLOW_DUPLICATE',
): Promise<void> {
  const { credentialId, version, policy, simulated } = input;
  const marked = simulated ? { simulated } : {};
  const until = Date.now() + watchSecondsOf(policy) * 1000;
  try {
    await startChild<typeof watchContainment>('watchContainment', {
      workflowId,
      workflowIdReusePolicy,
      parentClosePolicy: ParentClosePolicy.ABANDON,
      staticSummary,
      args: [
        { credentialId, version, policy, incident: workflowInfo().workflowId, ...about, ...marked, until, checks: 0 },
      ],
    });
  } catch (error) {
    // A watch from before it was opened again goes on.
    if (!(error instanceof WorkflowExecutionAlreadyStartedError)) throw error;
  }
}
