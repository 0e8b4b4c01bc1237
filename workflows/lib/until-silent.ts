import { isCancellation, patched, sleep } from '@temporalio/workflow';
import type { ObservedUse } from '../../activities/use';
import type { RotationResult } from '../messages';
import { withinMinutes } from './activity-proxies';
import { incidentStep } from './incident-step';
import type { Leak } from './leak';
import { WAITS } from './time-limits';

/** Stands for whoever may use it, when that could not be told. */
const UNKNOWN_USER = 'somebody, perhaps: its use could not be looked at';

/** Looks grow rarer, so that hours of waiting stay a short history. */
const GROWTH = 1.5;
const RAREST_SECONDS = 600;

/**
 * Waits until nobody of the known contexts uses the old version any more, at most until their lane closes. Resolves to those that still do:
 * whoever of them is in no registry is a discovered dependent, which people are shown, and which never gets more time for it.
 */
export async function untilSilent(leak: Leak, rotation: RotationResult): Promise<readonly string[]> {
  const { input, board, plan, credential } = leak;
  if (plan().overlapSeconds === 0 || !patched('until-silent')) return [];
  const end = (): number =>
    (board.incident.milestones.contained ?? 0) + (plan().overlapSeconds + (leak.extendedSeconds ?? 0)) * 1000;
  const owners = credential.dependents.map(({ id }) => id);
  const isOwned = credential.knownContexts.every(
    ({ dependent }) => dependent !== undefined && owners.includes(dependent),
  );
  const quiet = (): number => (isOwned ? WAITS.quietSeconds : WAITS.quietSecondsOfUnowned)[plan().severity];
  let pause: number = quiet();
  for (let look = 1; ; look++) {
    await sleep(Math.max(1, Math.min(pause * 1000, end() - Date.now())), {
      summary: 'See whether the old version is silent',
    });
    const since = Math.max(rotation.movedAt, Date.now() - quiet() * 1000);
    const use = await observe(leak, { ...incidentStep(input, `use.${look}`), of: input.version, since });
    // No look will ever show it: where a deadline decides that is enough, and elsewhere a person is asked at once.
    if (use?.visible === false) {
      board.apply({ type: 'noted', at: use.at, note: 'the use of the old version can not be seen here' });
      return plan().revokeAtDeadline ? [] : [UNKNOWN_USER];
    }
    const users = use?.contexts.filter(({ accepted }) => accepted > 0) ?? [];
    if (use) board.discover(users.filter(({ registered }) => !registered).map(({ context }) => context));
    if (use && users.length === 0) return [];
    if (Date.now() >= end()) return use ? users.map(({ context }) => context) : [UNKNOWN_USER];
    pause = Math.min(RAREST_SECONDS, pause * GROWTH);
  }
}

/** Undefined when nobody could tell: that is no silence. */
async function observe(
  leak: Leak,
  question: Parameters<typeof withinMinutes.observeUse>[0],
): Promise<ObservedUse | undefined> {
  try {
    return await withinMinutes.observeUse.executeWithOptions({ summary: 'Who still uses the old version?' }, [
      question,
    ]);
  } catch (error) {
    if (isCancellation(error)) throw error;
    leak.board.apply({ type: 'noted', at: Date.now(), note: 'whether the old version is silent could not be told' });
    return undefined;
  }
}
