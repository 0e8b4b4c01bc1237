import { WorkflowExecutionAlreadyStartedError } from '@temporalio/common';
import { ParentClosePolicy, patched, startChild, workflowInfo } from '@temporalio/workflow';
import { watchId } from '../../domain/credential';
import { watchSecondsOf } from '../../domain/policy';
import type { watchContainment } from '../watch-containment';
import type { Leak } from './leak';

/** Has somebody look for days whether what an incident has refused at its provider, and could not end, stays refused. The denylist has its sweep. */
export async function watchContained(leak: Leak): Promise<void> {
  const { applied, input, kept, newer } = leak;
  if (!applied || applied.leftToPerson || applied.quarantine.mode !== 'deny-all') return;
  if (watchSecondsOf(input.policy) === 0 || !patched('watch-contained')) return;
  await keepWatch(leak, kept?.version ?? newer ?? input.version, { contained: true });
}

/** Has somebody look after the closed incident for days. */
export async function keepWatch(
  { input, board }: Leak,
  replacement: number,
  only: { readonly contained?: true } = {},
): Promise<void> {
  const seconds = watchSecondsOf(input.policy);
  if (seconds === 0 || !patched('keep-watch')) return;
  const { credentialId, version, policy } = input;
  try {
    await startChild<typeof watchContainment>('watchContainment', {
      workflowId: watchId(credentialId, version),
      workflowIdReusePolicy: 'ALLOW_DUPLICATE',
      parentClosePolicy: ParentClosePolicy.ABANDON,
      staticSummary: `Watch ${credentialId} v${version}: does it stay ${only.contained ? 'refused' : 'dead'}?`,
      args: [
        {
          credentialId,
          version,
          policy,
          incident: workflowInfo().workflowId,
          replacement,
          since: board.incident.milestones.verified ?? Date.now(),
          until: Date.now() + seconds * 1000,
          checks: 0,
          ...only,
        },
      ],
    });
  } catch (error) {
    // A watch from before it was opened again goes on.
    if (!(error instanceof WorkflowExecutionAlreadyStartedError)) throw error;
  }
}
