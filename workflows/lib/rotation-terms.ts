import { responsesFor } from '../../domain/policy';
import type { RotationTerms } from '../messages';
import type { Leak } from './leak';

/** How long dependents may take where the policy gives their contexts no time at all. */
const WITHOUT_LANE_SECONDS = 30;

/** The terms a first rotation is begun with, by the plan as it is now. */
export function termsNow({ input, credential, plan, laneUntil }: Leak): RotationTerms {
  const { severity, revokeAtDeadline } = plan();
  const { overlapSeconds } = responsesFor(input.policy, credential)[severity];
  // Without a lane they are refused already; they still need a moment to take what is new.
  return {
    moveWithinSeconds: overlapSeconds || WITHOUT_LANE_SECONDS,
    goOnWithoutMissing: revokeAtDeadline,
    ...(laneUntil === undefined ? {} : { laneUntil }),
  };
}

/**
 * Where the deadline decides it counts from the refusal, as the gateways' lane does, however often the rotation is tried; whoever is left still
 * has a moment.
 */
export function timeLeft(leak: Leak): Partial<RotationTerms> {
  const { moveWithinSeconds, goOnWithoutMissing } = termsNow(leak);
  if (!goOnWithoutMissing) return {};
  const { contained = Date.now() } = leak.board.incident.milestones;
  const left = moveWithinSeconds + (leak.extendedSeconds ?? 0) - (Date.now() - contained) / 1000;
  return { moveWithinSeconds: Math.max(WITHOUT_LANE_SECONDS, left) };
}
