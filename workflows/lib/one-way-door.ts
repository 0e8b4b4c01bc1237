import { isCancellation, patched } from '@temporalio/workflow';
import type { Revoked } from '../../activities/recovery';
import { withinMinutes } from './activity-proxies';
import { EndsEarly } from './ends-early';
import { stepFailure } from './failure-code';
import { incidentStep } from './incident-step';
import { keepKnown } from './keep-known';
import { insist, usersOf, type Leak } from './leak';
import { tellBeside } from './tell-beside';

/** Ends the version for ever, and tries until it is done or a person says no. `decidedBy`: the person who said so, where they proved who they are. */
export async function passTheDoor(leak: Leak, decidedBy: string | undefined): Promise<void> {
  const revoke = (said = decidedBy): Promise<Revoked> => revokeOnce(leak, said);
  const revoked = await insist(leak, 'revoke it', revoke, { onNo: (why) => spare(leak, why) });
  noteRevoked(leak, revoked);
}

/**
 * Ends it before anything replaces it: see `isEndedFirst`. What fails keeps nobody from replacing it, and is told: whoever can ends it by hand. Past the budget a
 * person is asked, as ever.
 */
export async function revokeUnreplaced(leak: Leak, decidedBy = starterOf(leak.input)): Promise<void> {
  const { input, credential, desk } = leak;
  const version = `Version ${input.version} of ${input.credentialId}`;
  try {
    const revoked = await revokeOnce(leak, decidedBy);
    noteRevoked(leak, revoked);
    leak.endFailed = false;
    leak.toldEndFailed = false;
    const users = usersOf(credential);
    await tellBeside(
      desk,
      `${version} was revoked before anything replaces it (${revoked.evidence}). Whoever uses it loses access: ${users}.`,
    );
  } catch (error) {
    if (isCancellation(error)) throw error;
    const { code, message } = stepFailure(error);
    if (code === 'ACTION_BUDGET_SPENT' && decidedBy === undefined)
      return revokeUnreplaced(leak, await approved(leak, message));
    if (!leak.toldEndFailed)
      await tellBeside(
        desk,
        `${version} could NOT be ended: end it at ${credential.provider} by hand. It is tried again meanwhile. ${message}`,
      );
    leak.endFailed = true;
    leak.toldEndFailed = true;
  }
}

/** Resolves to who approved it, where they proved who they are. @throws EndsEarly when a person says no */
async function approved(leak: Leak, message: string): Promise<string | undefined> {
  const {
    decision,
    by,
    approved: isSigned,
  } = await leak.desk.ask({ kind: 'revoke', text: `Could not revoke it. ${message}` });
  if (decision === 'go-on') return isSigned ? by : undefined;
  const why = `${by ?? 'somebody'} said not to revoke it`;
  await spare(leak, why);
  throw new EndsEarly(why);
}

async function revokeOnce(leak: Leak, decidedBy: string | undefined): Promise<Revoked> {
  const { input, board } = leak;
  const revocation = { ...incidentStep(input, 'revoke'), reason: board.incident.evidence.reason };
  leak.atTheDoor = true;
  try {
    return await withinMinutes.revokeVersion.executeWithOptions(
      { summary: `Revoke version ${input.version}: the one-way door` },
      [{ ...revocation, ...(decidedBy === undefined ? {} : { decidedBy }) }],
    );
  } catch (error) {
    // The one refusal that says for certain that nothing was done.
    if (stepFailure(error).code === 'ACTION_BUDGET_SPENT') leak.atTheDoor = false;
    throw error;
  }
}

function noteRevoked({ board }: Leak, { at, evidence }: Revoked): void {
  board.apply({ type: 'revoked', at, note: `revoked: ${evidence}` });
}

/** An exercise was started by somebody who said yes to this; it must not use up what real leaks need. */
export function starterOf({ simulated, startedBy }: Leak['input']): string | undefined {
  return simulated && startedBy !== 'watch' ? startedBy : undefined;
}

/** A person's no holds for the incidents after this one as well. */
export async function spare({ input, board }: Leak, why: string): Promise<void> {
  board.apply({ type: 'spared', at: Date.now(), note: why });
  if (patched('keeps-no')) await keepKnown(board, incidentStep(input, 'known.spared'));
}
