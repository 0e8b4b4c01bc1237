import { isEndedFirst, worksAt } from '../../domain/response-plan';
import { EndsEarly } from './ends-early';
import { isPerhapsEnded, usersOf, type Leak } from './leak';
import { revokeUnreplaced } from './one-way-door';
import { lookForNewer } from './rotate-once';

/** Whether it is to be ended before anything replaces it, and is not. */
export function mustEndFirst({ plan, board, atTheDoor, endFailed }: Leak): boolean {
  const mayBeEnded = atTheDoor === true && endFailed !== true;
  return isEndedFirst(plan()) && board.incident.milestones.revoked === undefined && !mayBeEnded;
}

/**
 * Where only a person can have another value issued: asks for one until it is in the inventory. What can be refused in no other way is ended meanwhile, as soon
 * as the plan says so; where that fails, it is tried again with every page. @throws EndsEarly when a person says that nothing replaces it, or nobody answers
 */
export async function awaitReplacement(leak: Leak): Promise<void> {
  const { desk } = leak;
  const ladder = desk.ladder();
  // Where this look fails, what was known before must not be taken for what it has shown.
  leak.newer = undefined;
  await lookForNewer(leak);
  while (leak.newer === undefined) {
    if (mustEndFirst(leak)) await revokeUnreplaced(leak);
    const isGraver = (): boolean => leak.endFailed !== true && mustEndFirst(leak);
    // Whoever has given one need not come back to say so: it is looked for with every page.
    const answer = await desk.ask({
      kind: 'failed-step',
      text: wanted(leak),
      ladder,
      settled: isGraver,
      tryAgain: true,
    });
    if (answer.decision !== 'go-on') throw new EndsEarly(`${answer.by ?? 'somebody'} said that nothing replaces it`);
    await lookForNewer(leak);
  }
}

function wanted(leak: Leak): string {
  const { input, credential, board, plan } = leak;
  const users = usersOf(credential);
  const isEnded = board.incident.milestones.revoked !== undefined || (leak.atTheDoor === true && !leak.endFailed);
  const works = isEnded ? undefined : worksAt(plan(), credential, isPerhapsEnded(leak));
  return `${input.credentialId} ${isEnded ? 'is ENDED and needs another value' : 'needs another value'}, which ${credential.provider} shows only to a person: have one issued for ${credential.principal} there, give it with \`tourniquet credential import\`, then send retryStep.${works ? ` ${works}` : ''} It is used by: ${users}.`;
}
