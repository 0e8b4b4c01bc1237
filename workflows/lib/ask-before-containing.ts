import { escalationFor } from '../../domain/policy';
import { isEndedFirst } from '../../domain/response-plan';
import { renew } from './contain-leak';
import type { Leak } from './leak';

/**
 * Our own and break-glass credentials are what people need to mend things with; and where nobody can be told apart and no abuse was
 * seen, refusing all use would do more harm than the leak. Graver evidence answers the second question by itself, and so does silence, as the
 * policy declares; the first waits for a person, however long.
 */
export async function askBeforeContaining(leak: Leak): Promise<void> {
  const { input, desk, credential, plan } = leak;
  // It was refused before, by an earlier run or for ever: there is nothing left to decide about that.
  if (leak.wasRefused) return;
  const isProtected = credential.protection !== 'normal';
  const why = isProtected
    ? `is a ${credential.protection} credential`
    : 'has no known context, and no abuse of it was seen';
  const { contain } = escalationFor(input.policy, credential).onSilence;
  const isSettled = (): boolean => input.renewed?.mayContain === true || (!isProtected && plan().containAtOnce);
  for (;;) {
    const offered = offer(leak);
    // Whoever said yes to that has not said yes to what it would do by now.
    const isOther = (): boolean => plan().issuedByPerson === true && offer(leak) !== offered;
    await desk.ask({
      kind: 'contain',
      text: `${input.credentialId} ${why}: it is NOT contained. ${offered}`,
      settled: () => isSettled() || isOther(),
      goOnAfterSeconds: isProtected || contain === 'wait' ? undefined : contain.afterSeconds,
      renew: (asked) => renew(leak, { asked }),
    });
    if (isSettled() || !isOther()) {
      // A yes that an earlier run was given may have been to something else: it is asked about anew where it is due.
      if (endsFirst(leak) && input.renewed?.mayContain !== true) leak.mayEndFirst = true;
      return;
    }
  }
}

function endsFirst({ plan, newer }: Leak): boolean {
  return isEndedFirst(plan()) && newer === undefined;
}

/** What saying yes would do. */
function offer(leak: Leak): string {
  const {
    credential: { provider },
    plan,
  } = leak;
  const { leftToPerson, endsOnly } = plan();
  if (endsFirst(leak))
    return `End it at ${provider} for ever, before anything replaces it? Only a person can have another one issued there.`;
  if (leftToPerson) return `Refuse it at the gateways? At ${provider} it works until a person disables it there.`;
  return `Contain and replace it?${endsOnly ? ` At ${provider} it works until it is ended there.` : ''}`;
}
