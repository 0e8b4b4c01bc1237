import { ApplicationFailure, isCancellation, patched } from '@temporalio/workflow';
import { lookups, moves } from './activity-proxies';
import { stepFailure } from './failure-code';
import type { Moving } from './move-in-waves';
import { reportProgress, rotationStep } from './rotation-step';
import { WAITS } from './time-limits';

/** Dependents that have moved, when they were first asked to, and when the last of them had. */
export interface Wave {
  readonly dependents: readonly string[];
  readonly since: number;
  readonly movedAt: number;
}

/**
 * Lets the next wave go when this one works on the new version: probes through it work, its errors are few, its use is seen, and it has
 * stopped using the old. No traffic in that time is no fault, and is told. @throws WAVE_FAILED when it does not work, and may go back
 */
export async function passGate({ input, to, time }: Moving, index: number, wave: Wave): Promise<void> {
  const check = { ...rotationStep(input, `gate.${index}`), ...wave, to };
  const names = wave.dependents.join(', ');
  try {
    for (;;) {
      const limit = Math.max(1, Math.min(WAITS.gateMs, time.left(Date.now())));
      const checked = await time.attempt(() =>
        moves.checkWave.executeWithOptions(
          { summary: `Does ${names} work on version ${to}?`, scheduleToCloseTimeout: limit },
          [check],
        ),
      );
      if (checked !== 'hurried')
        return await reportProgress(input, {
          type: 'noted',
          at: checked.at,
          note: `wave ${index + 1} passed its gate: ${checked.detail}`,
        });
      // Its time has changed meanwhile: asked anew, unless none is left.
      if (time.left(Date.now()) <= 0 || !patched('gate-anew')) return;
    }
  } catch (error) {
    if (isCancellation(error)) throw error;
    const { code, message } = stepFailure(error);
    const isFault = code !== 'WAVE_NOT_SEEN' && time.mayGoBack(Date.now());
    if (isFault)
      throw ApplicationFailure.nonRetryable(`wave ${index + 1} (${names}) does not work: ${message}`, 'WAVE_FAILED');
    await reportProgress(input, {
      type: 'noted',
      at: Date.now(),
      note: `wave ${index + 1} went on without its gate: ${message}`,
    });
  }
}

/**
 * Who has taken the new version and does not work on it is not slow: more time breaks more of them. What can't be seen stops nothing.
 * @throws WAVE_FAILED when they may go back
 */
export async function stopIfBroken({ input, to, time }: Moving, index: number, slow: readonly string[]): Promise<void> {
  if (slow.length === 0 || !time.mayGoBack(Date.now())) return;
  const look = { ...rotationStep(input, `broken.${index}`), dependents: slow, to };
  const broken = await lookups()
    .findBroken.executeWithOptions({ summary: `Does version ${to} work for ${slow.join(', ')}?` }, [look])
    .catch((error: unknown) => {
      if (isCancellation(error)) throw error;
      return [];
    });
  if (broken.length > 0)
    throw ApplicationFailure.nonRetryable(
      `wave ${index + 1} does not work: ${broken.join(', ')} took version ${to}, and a probe through it fails`,
      'WAVE_FAILED',
    );
}
