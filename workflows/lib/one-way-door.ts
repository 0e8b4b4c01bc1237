import { patched } from '@temporalio/workflow';
import { withinMinutes } from './activity-proxies';
import { stepFailure } from './failure-code';
import { incidentStep } from './incident-step';
import { keepKnown } from './keep-known';
import { insist, type Leak } from './leak';
import { tellBeside } from './tell-beside';

/** Ends the version for ever, and tries until it is done or a person says no. `decidedBy`: the person who said so, where they proved who they are. */
export async function passTheDoor(leak: Leak, decidedBy: string | undefined): Promise<void> {
  const { input, board } = leak;
  const revocation = { ...incidentStep(input, 'revoke'), reason: board.incident.evidence.reason };
  const revoke = async (said = decidedBy) => {
    leak.atTheDoor = true;
    try {
      return await withinMinutes.revokeVersion.executeWithOptions(
        { summary: `Revoke version ${input.version}: the one-way door` },
        [{ ...revocation, ...(said === undefined ? {} : { decidedBy: said }) }],
      );
    } catch (error) {
      // The one refusal that says for certain that nothing was done.
      if (stepFailure(error).code === 'ACTION_BUDGET_SPENT') leak.atTheDoor = false;
      throw error;
    }
  };
  const revoked = await insist(leak, 'revoke it', revoke, { onNo: (why) => spare(leak, why) });
  board.apply({ type: 'revoked', at: revoked.at, note: `revoked: ${revoked.evidence}` });
}

/** Ends it before anything replaces it: see `isEndedFirst`. */
export async function revokeUnreplaced(leak: Leak): Promise<void> {
  const { input, credential, desk } = leak;
  const users = credential.dependents.map(({ id }) => id).join(', ') || 'nobody known';
  await tellBeside(
    desk,
    `Version ${input.version} of ${input.credentialId} is ended now, before anything replaces it. Whoever uses it loses access: ${users}.`,
  );
  await passTheDoor(leak, starterOf(input));
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
