import { isCancellation, patched, sleep } from '@temporalio/workflow';
import { earliest } from '../../domain/earliest';
import { reachesProvider, type ResponsePlan } from '../../domain/response-plan';
import { stepFailure } from './failure-code';
import type { Leak } from './leak';
import { record, refuse } from './refuse-version';
import { WAITS } from './time-limits';
import { unlessCancelled } from './unless-cancelled';

/** Why it is refused once more, in the words of the timeline and of whoever is told. */
const GRAVER = {
  done: 'refusal tightened',
  failed: 'the refusal could NOT be tightened',
  told: 'The refusal could not be tightened after graver evidence.',
} as const;
const UNDONE = {
  done: 'refused again',
  failed: 'it could NOT be refused again',
  told: 'What was refused works again, and could not be refused once more.',
} as const;

interface Once {
  readonly plan: ResponsePlan;
  /** Tells one such step of an incident from another. */
  readonly name: string;
  readonly words: typeof GRAVER | typeof UNDONE;
}

/**
 * After graver evidence: the same refusal once more, narrower. What can't be done now is told to people, stops nothing, and is tried again beside what
 * follows until it is done.
 */
export function tightenContainment(leak: Leak): Promise<void> {
  const plan = leak.plan();
  return refuseOnceMore(leak, { plan, name: `contain.${plan.severity}`, words: GRAVER });
}

/** After somebody has undone the refusal where it is enforced: the same once more. */
export function refuseAgain(leak: Leak): Promise<void> {
  leak.refusedAgain = (leak.refusedAgain ?? 0) + 1;
  return refuseOnceMore(leak, { plan: leak.plan(), name: `contain.again.${leak.refusedAgain}`, words: UNDONE });
}

async function refuseOnceMore(leak: Leak, once: Once): Promise<void> {
  leak.applied = once.plan;
  leak.loose = true;
  try {
    await refuseMore(leak, once);
  } catch (error) {
    if (isCancellation(error)) throw error;
    const { message } = stepFailure(error);
    leak.board.apply({ type: 'noted', at: Date.now(), note: `${once.words.failed}: ${message}` });
    const told = leak.desk.tell(`${once.words.told} ${message}`);
    if (patched('tighten-again')) return void unlessCancelled(() => leak.story.run(() => untilTightened(leak, once)));
    leak.loose = false;
    await told;
  }
}

/** Whether anything may still be refused. A person has said that nothing leaked: nothing is refused anew behind their back. */
export function mayRefuse({ applied, falsePositive, board }: Leak): boolean {
  return applied !== undefined && !falsePositive && board.incident.milestones.revoked === undefined;
}

/** Whether what somebody says works again was refused to everybody, and is not just being refused. In a lane it works, and must. */
export function mayRefuseAgain(leak: Leak): boolean {
  return !leak.ending && !leak.loose && mayRefuse(leak) && isRefusedAtProvider(leak.applied);
}

export function isRefusedAtProvider(plan: ResponsePlan | undefined): boolean {
  return plan !== undefined && reachesProvider(plan) && plan.quarantine.mode === 'deny-all';
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
async function untilTightened(leak: Leak, once: Once): Promise<void> {
  const { plan } = once;
  for (let pause: number = WAITS.askAgainMs; ; pause = Math.min(WAITS.askAgainAtMostMs, pause * 1.5)) {
    await sleep(pause, { summary: `Refuse more again (${plan.severity})` });
    if (leak.applied !== plan || leak.ending || !mayRefuse(leak)) return;
    try {
      return await refuseMore(leak, once);
    } catch (error) {
      if (isCancellation(error)) throw error;
    }
  }
}

function refuseMore(leak: Leak, once: Once): Promise<void> {
  const refused = refuseAndRecord(leak, once);
  leak.refusing = Promise.allSettled([leak.refusing, refused]);
  return refused;
}

async function refuseAndRecord(leak: Leak, { plan, name, words }: Once): Promise<void> {
  const contained = await refuse(leak, plan, name);
  // Refusals never open it again, in whatever order two of them are heard of.
  leak.laneUntil = earliest(leak.laneUntil, contained.laneUntil);
  await record(leak, plan, name, contained);
  if (leak.applied === plan) leak.loose = false;
  leak.board.apply({
    type: 'noted',
    at: contained.at,
    note: `${words.done} (${plan.severity}): ${contained.evidence}`,
  });
}
