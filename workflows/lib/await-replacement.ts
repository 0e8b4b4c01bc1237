import { isEndedAfterLane, isEndedFirst, worksAt } from '../../domain/response-plan';
import { withinMinutes } from './activity-proxies';
import { EndsEarly } from './ends-early';
import { isPerhapsEnded, usersOf, type Leak } from './leak';
import { revokeUnreplaced } from './one-way-door';
import type { Ladder } from './ladder';
import { lookForNewer } from './rotate-once';

/** Whether it is to be ended before anything replaces it, and is not. */
export function mustEndFirst(leak: Leak): boolean {
  return isDueFirst(leak) && (leak.credential.protection === 'normal' || leak.mayEndFirst === true);
}

function isDueFirst(leak: Leak): boolean {
  const { plan, board, atTheDoor, endFailed } = leak;
  const mayBeEnded = atTheDoor === true && endFailed !== true;
  const isDue = isEndedFirst(plan()) || (isEndedAfterLane(plan()) && isLaneOver(leak));
  return isDue && board.incident.milestones.revoked === undefined && !mayBeEnded;
}

/** Our own and break-glass credentials: who said yes to replacing one has not said yes to having none. */
async function askToEndFirst(leak: Leak, ladder: Ladder): Promise<void> {
  const { input, credential, desk } = leak;
  const { decision, by } = await desk.ask({
    kind: 'revoke',
    ladder,
    // Nobody has said yes then: it is looked whether another value is there, and asked again.
    tryAgain: true,
    text: `${input.credentialId} is a ${credential.protection} credential, and at ${credential.provider} it STILL WORKS. End it there for ever, before anything replaces it? If not, or once another value is given with \`tourniquet credential import\`, dependents move first.`,
  });
  if (by !== undefined) leak.mayEndFirst = decision === 'go-on';
}

/**
 * Where only a person can have another value issued: asks for one until it is in the inventory. What can be refused in no other way is ended meanwhile, as soon
 * as the plan says so; where that fails, it is tried again with every page. @throws EndsEarly when a person says that nothing replaces it, or nobody answers
 */
export async function awaitReplacement(leak: Leak): Promise<void> {
  const { desk } = leak;
  const ladder = desk.ladder();
  const look = () => lookForNewer(leak, withinMinutes);
  // Where this look fails, what was known before must not be taken for what it has shown.
  leak.newer = undefined;
  await look();
  const mustBeAsked = (): boolean =>
    leak.newer === undefined &&
    leak.mayEndFirst === undefined &&
    leak.credential.protection !== 'normal' &&
    isDueFirst(leak);
  for (;;) {
    while (mustBeAsked()) {
      await askToEndFirst(leak, ladder);
      // Somebody may have given one meanwhile, whatever the answer is.
      await look();
    }
    if (mustEndFirst(leak) && (leak.newer === undefined || hasFailed(leak))) await revokeUnreplaced(leak);
    if (leak.newer !== undefined) return;
    const isGraver = (): boolean => mustBeAsked() || (leak.endFailed !== true && mustEndFirst(leak));
    // Whoever has given one need not come back to say so: it is looked for with every page.
    const answer = await desk.ask({
      kind: 'failed-step',
      text: wanted(leak),
      ladder,
      settled: isGraver,
      goOnAfterSeconds: leak.endFailed === true ? undefined : untilLaneIsOver(leak, ladder.since),
      tryAgain: true,
    });
    if (answer.decision !== 'go-on') throw new EndsEarly(`${answer.by ?? 'somebody'} said that nothing replaces it`);
    await look();
  }
}

/** Whether nobody could be moved to what is there, which the policy does not wait for. */
export function hasFailed({ rotations, plan }: Leak): boolean {
  return rotations > 0 && plan().revokeAtDeadline;
}

function isLaneOver({ laneUntil }: Leak): boolean {
  return laneUntil !== undefined && Date.now() >= laneUntil;
}

/** Seconds after `since`; undefined where nothing is done then. */
function untilLaneIsOver({ plan, laneUntil }: Leak, since: number): number | undefined {
  if (laneUntil === undefined || !isEndedAfterLane(plan()) || Date.now() >= laneUntil) return undefined;
  return (laneUntil - since) / 1000;
}

function wanted(leak: Leak): string {
  const { input, credential, board, plan } = leak;
  const users = usersOf(credential);
  const isEnded = board.incident.milestones.revoked !== undefined || (leak.atTheDoor === true && !leak.endFailed);
  const works = isEnded ? undefined : worksAt(plan(), credential, isPerhapsEnded(leak));
  return `${input.credentialId} ${isEnded ? 'is ENDED and needs another value' : 'needs another value'}, which ${credential.provider} shows only to a person: have one issued for ${credential.principal} there, give it with \`tourniquet credential import\`, then send retryStep.${works ? ` ${works}` : ''} It is used by: ${users}.`;
}
