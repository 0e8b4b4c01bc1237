import { ApplicationFailure } from '@temporalio/workflow';
import { stepFailure, type LeftByRotation } from './failure-code';
import type { UndoFailure } from './undo-stack';

/** The failure of a rotation, as people read it and as its incident goes on from it. */
export function rotationFailed(
  error: unknown,
  failed: readonly UndoFailure[],
  left: LeftByRotation,
): ApplicationFailure {
  const { message } = stepFailure(error);
  const { version, users = [] } = left.kept ?? {};
  const inUse = users.length > 0 ? `, in use by ${users.join(', ')}` : '';
  const kept = version === undefined ? '' : ` Version ${version} is kept${inUse}.`;
  const { elsewhere = [] } = left;
  const stays =
    elsewhere.length > 0 ? ` Not sent back, since another incident may have moved them: ${elsewhere.join(', ')}.` : '';
  const notUndone = failed.length > 0 ? ` Not undone: ${failed.map(({ name }) => name).join(', ')}.` : '';
  return ApplicationFailure.create({
    type: failed.length > 0 ? 'ROLLBACK_INCOMPLETE' : 'ROLLED_BACK',
    message: `${message}${kept}${stays}${notUndone}`,
    nonRetryable: true,
    details: [left],
  });
}
