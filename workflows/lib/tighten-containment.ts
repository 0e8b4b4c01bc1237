import { isCancellation, patched, sleep } from '@temporalio/workflow';
import { earliest } from '../../domain/earliest';
import type { ResponsePlan } from '../../domain/response-plan';
import { stepFailure } from './failure-code';
import type { Leak } from './leak';
import { record, refuse } from './refuse-version';
import { WAITS } from './time-limits';
import { unlessCancelled } from './unless-cancelled';

/**
 * After graver evidence: the same refusal once more, narrower. What can't be done now is told to people, stops nothing, and is tried again beside what
 * follows until it is done.
 */
export async function tightenContainment(leak: Leak): Promise<void> {
  const plan = leak.plan();
  leak.applied = plan;
  leak.loose = true;
  try {
    await refuseMore(leak, plan);
  } catch (error) {
    if (isCancellation(error)) throw error;
    const { message } = stepFailure(error);
    leak.board.apply({ type: 'noted', at: Date.now(), note: `the refusal could NOT be tightened: ${message}` });
    const told = leak.desk.tell(`The refusal could not be tightened after graver evidence. ${message}`);
    if (patched('tighten-again')) return void unlessCancelled(() => leak.story.run(() => untilTightened(leak, plan)));
    leak.loose = false;
    await told;
  }
}

/** Whether anything may still be refused. A person has said that nothing leaked: nothing is refused anew behind their back. */
export function mayRefuse({ applied, falsePositive, board }: Leak): boolean {
  return applied !== undefined && !falsePositive && board.incident.milestones.revoked === undefined;
}

/** Whether `next` refuses more than `before`, or gives known contexts less time or a narrower lane. */
export function isTighter(next: ResponsePlan, before: ResponsePlan): boolean {
  return takesMore(next, before) || laneOf(next) < laneOf(before);
}

/** The same, as it was judged when the history began: lanes did not count at first. */
export function mustTighten(next: ResponsePlan, before: ResponsePlan): boolean {
  return isTighter(next, before) && (takesMore(next, before) || patched('narrower-lane'));
}

function takesMore(next: ResponsePlan, before: ResponsePlan): boolean {
  return next.quarantine.mode !== before.quarantine.mode || next.overlapSeconds < before.overlapSeconds;
}

function laneOf({ lane }: ResponsePlan): number {
  return lane?.maxPerMinute ?? Infinity;
}

/** Until another plan takes its place, or nothing may be refused any more. */
async function untilTightened(leak: Leak, plan: ResponsePlan): Promise<void> {
  for (let pause: number = WAITS.askAgainMs; ; pause = Math.min(WAITS.askAgainAtMostMs, pause * 1.5)) {
    await sleep(pause, { summary: `Refuse more again (${plan.severity})` });
    if (leak.applied !== plan || leak.ending || !mayRefuse(leak)) return;
    try {
      return await refuseMore(leak, plan);
    } catch (error) {
      if (isCancellation(error)) throw error;
    }
  }
}

function refuseMore(leak: Leak, plan: ResponsePlan): Promise<void> {
  const refused = refuseAndRecord(leak, plan, `contain.${plan.severity}`);
  leak.refusing = Promise.allSettled([leak.refusing, refused]);
  return refused;
}

async function refuseAndRecord(leak: Leak, plan: ResponsePlan, name: string): Promise<void> {
  const contained = await refuse(leak, plan, name);
  // Refusals never open it again, in whatever order two of them are heard of.
  leak.laneUntil = earliest(leak.laneUntil, contained.laneUntil);
  await record(leak, plan, name, contained);
  if (leak.applied === plan) leak.loose = false;
  leak.board.apply({
    type: 'noted',
    at: contained.at,
    note: `refusal tightened (${plan.severity}): ${contained.evidence}`,
  });
}
