import { ApplicationFailure } from '@temporalio/workflow';
import { stepFailure, type LeftByRotation } from './failure-code';
import type { UndoFailure } from './undo-stack';

interface Undone {
  /** A version that lived before, where the rotation took one. */
  readonly adopts: number | undefined;
  /** What lives on. */
  readonly kept: number | undefined;
  /** Nobody was sent back. */
  readonly keeps: boolean;
  readonly failed: readonly UndoFailure[];
  /** Who works on the new version still. */
  readonly users: readonly string[];
}

/** The failure of a rotation, as people read it and as its incident goes on from it. */
export function rotationFailed(error: unknown, { adopts, kept, keeps, failed, users }: Undone): ApplicationFailure {
  const { code, message } = stepFailure(error);
  const notUndone = failed.map(({ name }) => name);
  const isUnfit = adopts !== undefined && !keeps && code === 'WAVE_FAILED';
  const left: LeftByRotation = { code, notUndone, sentBack: !keeps, ...(isUnfit ? { unfit: adopts } : {}) };
  const inUse = users.length > 0 ? `, in use by ${users.join(', ')}` : '';
  const livesOn = kept === undefined ? '' : ` Version ${kept} is kept${inUse}.`;
  return ApplicationFailure.create({
    type: failed.length > 0 ? 'ROLLBACK_INCOMPLETE' : 'ROLLED_BACK',
    message: `${message}${livesOn}${failed.length > 0 ? ` Not undone: ${notUndone.join(', ')}.` : ''}`,
    nonRetryable: true,
    details: [left],
  });
}
