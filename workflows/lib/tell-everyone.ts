import { CancellationScope } from '@temporalio/workflow';
import { causeOf } from '../../domain/cause';
import type { Notice } from '../../domain/ports/notifier';
import type { IncidentInput } from '../messages';
import { notices } from './activity-proxies';
import { stepFailure } from './failure-code';
import type { IncidentBoard } from './incident-board';
import { runStep } from './incident-step';

export interface Telling {
  readonly kind: Notice['kind'];
  readonly summary: string;
  readonly audiences: readonly string[];
  /** It may have been ended where it was issued; nobody has looked. */
  readonly mayBeEnded?: boolean;
  /** The summary names what somebody must do. */
  readonly toMend?: boolean;
  /** Tells repetitions of the same kind apart. */
  readonly round?: number;
}

/**
 * All audiences at the same moment, each on its own: a dead channel delays nobody else, and shows in the timeline. Returns who was told,
 * and when the last of them was.
 */
export async function tellEveryone(
  input: IncidentInput,
  board: IncidentBoard,
  { kind, summary, audiences, mayBeEnded = false, toMend = false, round = 0 }: Telling,
): Promise<{ at: number; told: readonly string[] }> {
  const { severity, reason } = board.incident.evidence;
  const { provider, ownerTeam } = board.credential ?? { provider: 'unknown', ownerTeam: 'unknown' };
  const simulated = input.simulated ? ({ simulated: true } as const) : {};
  const left = board.plan?.leftToPerson ? ({ leftToPerson: true } as const) : {};
  const ends = board.plan?.endsOnly ? ({ endsOnly: true } as const) : {};
  const lane = board.plan?.quarantine.mode === 'known-contexts-only' ? ({ lane: true } as const) : {};
  const perhaps = mayBeEnded ? ({ mayBeEnded: true } as const) : {};
  const notice = {
    kind,
    provider,
    ownerTeam,
    severity,
    reason,
    summary,
    cause: causeOf(input),
    ...simulated,
    ...left,
    ...ends,
    ...lane,
    ...perhaps,
    ...(toMend ? ({ toMend: true } as const) : {}),
  };
  const answers = await Promise.all(
    audiences.map(async (audience) => {
      const step = runStep(input, `notify.${kind}.${round}.${audience}`);
      try {
        // What was begun is sent, even if what it is about ends at that moment.
        const { at } = await CancellationScope.nonCancellable(() =>
          notices.notifyAudience.executeWithOptions({ summary: `Tell ${audience}: ${kind}` }, [
            { ...step, audience, notice },
          ]),
        );
        board.told(audience);
        return [{ audience, at }];
      } catch (error) {
        board.apply({
          type: 'noted',
          at: Date.now(),
          note: `${audience} could NOT be told (${kind}): ${stepFailure(error).message}`,
        });
        return [];
      }
    }),
  );
  const told = answers.flat();
  return { at: Math.max(0, ...told.map(({ at }) => at)) || Date.now(), told: told.map(({ audience }) => audience) };
}
