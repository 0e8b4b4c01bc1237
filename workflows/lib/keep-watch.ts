import { WorkflowExecutionAlreadyStartedError } from '@temporalio/common';
import { CancellationScope, ParentClosePolicy, patched, startChild, workflowInfo } from '@temporalio/workflow';
import { containedWatchId, watchId } from '../../domain/credential';
import { watchSecondsOf } from '../../domain/policy';
import type { watchContainment } from '../watch-containment';
import type { WatchInput } from '../messages';
import type { Leak } from './leak';

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
 * cancelled with its incident.
 */
export async function watchContained(leak: Leak): Promise<void> {
  const { applied, input, board, kept, keptIsDead, newer } = leak;
  const { credentialId, version, policy } = input;
  if (!applied || applied.leftToPerson || applied.quarantine.mode !== 'deny-all') return;
  if (watchSecondsOf(policy) === 0 || !patched('watch-contained')) return;
  const id = containedWatchId(credentialId, version, workflowInfo().runId);
  await CancellationScope.nonCancellable(() =>
    begin(leak, id, `Watch ${credentialId} v${version}: does it stay refused?`, {
      replacement: board.replacement ?? (keptIsDead ? undefined : kept?.version) ?? newer ?? version,
      since: Date.now(),
      contained: true,
    }),
  );
}

async function begin(
  { input }: Leak,
  workflowId: string,
  staticSummary: string,
  about: Pick<WatchInput, 'replacement' | 'since' | 'contained'>,
): Promise<void> {
  const { credentialId, version, policy } = input;
  const until = Date.now() + watchSecondsOf(policy) * 1000;
  try {
    await startChild<typeof watchContainment>('watchContainment', {
      workflowId,
      workflowIdReusePolicy: 'ALLOW_DUPLICATE',
      parentClosePolicy: ParentClosePolicy.ABANDON,
      staticSummary,
      args: [{ credentialId, version, policy, incident: workflowInfo().workflowId, ...about, until, checks: 0 }],
    });
  } catch (error) {
    // A watch from before it was opened again goes on.
    if (!(error instanceof WorkflowExecutionAlreadyStartedError)) throw error;
  }
}
