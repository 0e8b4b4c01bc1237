import { isCancellation, patched } from '@temporalio/workflow';
import type { RotationInput } from '../messages';
import { untilDone } from './activity-proxies';
import { stepFailure } from './failure-code';
import type { MovingTime } from './moving-time';
import { reportProgress } from './rotation-step';
import { grantOf, secondsOf } from './signal-shapes';

interface Timed {
  readonly input: RotationInput;
  readonly time: MovingTime;
  /** The grants that were counted. */
  readonly taken: Set<string>;
}

/** A signal says only that there may be more: how much is asked where nobody but the incident can write. */
export async function takeMoreTime({ input, time, taken }: Timed, more: unknown): Promise<void> {
  if (!patched('moving-time')) return time.extend(secondsOf(more), Date.now());
  const grant = grantOf(more);
  if (grant === undefined || taken.has(grant)) return;
  taken.add(grant);
  const { incidentRunId, generation } = input;
  const { hurries } = time;
  try {
    const { seconds } = await untilDone.readMovingTime.executeWithOptions(
      { summary: 'How much longer did people give dependents?' },
      [{ stepKey: grant, incidentRunId, generation }],
    );
    // Graver evidence that came while it was read has withdrawn what was given before it.
    if (time.hurries !== hurries && patched('withdraw-time')) return;
    time.extend(seconds, Date.now());
  } catch (error) {
    // A handler that rejects would end the rotation before it has undone anything.
    if (isCancellation(error)) return;
    const note = `more time was given, and could not be read: ${stepFailure(error).message}`;
    await reportProgress(input, { type: 'noted', at: Date.now(), note });
  }
}
