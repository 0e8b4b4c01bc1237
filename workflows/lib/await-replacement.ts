import { isEndedFirst } from '../../domain/response-plan';
import { EndsEarly } from './ends-early';
import type { Leak } from './leak';
import { revokeUnreplaced } from './one-way-door';
import { lookForNewer } from './rotate-once';

/**
 * Where only a person can have another value issued: asks for one until it is in the inventory. What can be refused in no other way is ended meanwhile, as soon
 * as the plan says so. @throws EndsEarly when a person says that nothing replaces it, or nobody answers
 */
export async function awaitReplacement(leak: Leak): Promise<void> {
  const { desk, plan } = leak;
  const ladder = desk.ladder();
  await lookForNewer(leak);
  while (leak.newer === undefined) {
    const mustEnd = (): boolean => isEndedFirst(plan()) && leak.atTheDoor !== true;
    if (mustEnd()) await revokeUnreplaced(leak);
    // Whoever has given one need not come back to say so: it is looked for with every page.
    const answer = await desk.ask({
      kind: 'failed-step',
      text: wanted(leak),
      ladder,
      settled: mustEnd,
      tryAgain: true,
    });
    if (answer.decision !== 'go-on') throw new EndsEarly(`${answer.by ?? 'somebody'} said that nothing replaces it`);
    await lookForNewer(leak);
  }
}

function wanted({ input, credential, board }: Leak): string {
  const users = credential.dependents.map(({ id }) => id).join(', ') || 'nobody known';
  const state =
    board.incident.milestones.revoked === undefined ? 'needs another value' : 'is ENDED and needs another value';
  return `${input.credentialId} ${state}, which ${credential.provider} shows only to a person: have one issued for ${credential.principal} there, give it with \`tourniquet credential import\`, then send retryStep. It is used by: ${users}.`;
}
