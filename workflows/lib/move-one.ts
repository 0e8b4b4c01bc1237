import { isCancellation, sleep } from '@temporalio/workflow';
import { moves } from './activity-proxies';
import { stepFailure } from './failure-code';
import type { Moving } from './move-in-waves';
import { reportProgress, rotationStep } from './rotation-step';
import { WAITS } from './time-limits';

export interface Moved {
  /** When it worked on the new version. */
  readonly at: number;
  readonly detail: string;
}

/** Only the deadline makes a dependent missing, where the plan goes on without: until then it is asked again. */
export async function moveOne({ input, to, time }: Moving, dependentId: string): Promise<Moved> {
  const move = { ...rotationStep(input, `move.${dependentId}`), dependentId, to };
  let told = '';
  let pause: number = WAITS.askAgainMs;
  for (;;) {
    const options = {
      summary: `Move ${dependentId} to version ${to}`,
      scheduleToCloseTimeout: Math.max(1, time.left(Date.now())),
    };
    try {
      const moved = await time.attempt(() => moves.moveDependent.executeWithOptions(options, [move]));
      if (moved !== 'hurried') return moved;
    } catch (error) {
      if (isCancellation(error) || !time.goOnWithoutMissing || time.left(Date.now()) <= WAITS.askAgainMs) throw error;
      const { message } = stepFailure(error);
      const note = `${dependentId} has not moved: ${message} It is asked again until the deadline.`;
      if (note !== told) await reportProgress(input, { type: 'noted', at: Date.now(), note });
      told = note;
      const wait = Math.min(pause, Math.max(1, time.left(Date.now()) - WAITS.askAgainMs / 2));
      await time.attempt(() => sleep(wait, { summary: `Ask ${dependentId} again` }));
      // A day of refusals must stay a short history.
      pause = Math.min(WAITS.askAgainAtMostMs, pause * 1.5);
    }
  }
}
