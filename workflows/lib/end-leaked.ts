import { worksAt } from '../../domain/response-plan';
import type { RotationResult } from '../messages';
import { withinMinutes } from './activity-proxies';
import { EndsEarly } from './ends-early';
import { stepFailure } from './failure-code';
import { incidentStep } from './incident-step';
import { insist, isPerhapsEnded, type Leak } from './leak';
import { passTheDoor, spare, starterOf } from './one-way-door';
import { replaceReplacement } from './replace-leaked';
import { tellBeside } from './tell-beside';
import { untilSilent } from './until-silent';

/**
 * The one-way door. Without enough evidence a person opens it, unless graver evidence comes meanwhile; and where the plan does not revoke at the
 * deadline, also when somebody would lose access by it.
 */
export async function revokeLeaked(leak: Leak, rotation: RotationResult): Promise<void> {
  const { plan } = leak;
  if (plan().revoke === 'never') throw new EndsEarly(`the policy never revokes at ${plan().severity}`);
  const users = await untilSilent(leak, rotation);
  await passTheDoor(leak, await mayRevoke(leak, rotation, users));
}

/** Resolves to who decided it, when somebody proved who they are. @throws EndsEarly when a person says no */
async function mayRevoke(
  leak: Leak,
  { replacement, missing }: RotationResult,
  users: readonly string[],
): Promise<string | undefined> {
  const { input, desk, plan } = leak;
  const losers = [...new Set([...missing, ...users])];
  if (losers.length > 0 && plan().revokeAtDeadline)
    await tellBeside(
      desk,
      `Whoever still uses version ${input.version} of ${input.credentialId} loses access now: ${losers.join(', ')}.`,
    );
  const works = worksAt(plan(), leak.credential, isPerhapsEnded(leak));
  const loss = losers.length > 0 ? ` These would lose access: ${losers.join(', ')}.` : '';
  const {
    decision,
    by = 'somebody',
    approved,
  } = await desk.ask({
    kind: 'revoke',
    text: `Version ${input.version} is contained and replaced by ${replacement}.${works ? ` ${works}` : ''}${loss} Revoke it for ever?`,
    settled: () => plan().revoke === 'when-moved' && (losers.length === 0 || plan().revokeAtDeadline),
  });
  if (decision === 'reject') {
    const why = `${by} said not to revoke it`;
    await spare(leak, why);
    throw new EndsEarly(why);
  }
  return approved ? by : starterOf(input);
}

/** The same value is never insisted on: after so many others a person is asked. */
const MAX_OTHERS = 2;

/**
 * Presents the old version until it is refused everywhere, beside a control that is not. Where it is the control that is refused, there is
 * only the way forward: another replacement. Resolves to the one that works, and to what kind of proof it is.
 */
export async function proveDead(leak: Leak, first: RotationResult) {
  let rotation = first;
  for (let others = 0; ; others++) {
    try {
      return { rotation, proof: await proveOnce(leak, rotation, others) };
    } catch (error) {
      if (stepFailure(error).code !== 'CONTROL_REFUSED') throw error;
      rotation = await replaceReplacement(leak, rotation.replacement);
    }
  }
}

async function proveOnce(leak: Leak, rotation: RotationResult, others: number): Promise<string> {
  const name = others === 0 ? 'verify' : `verify.${others + 1}`;
  const verification = { ...incidentStep(leak.input, name), control: rotation.replacement };
  const { at, proof, evidence, broken } = await insist(
    leak,
    'prove that it is dead',
    () =>
      withinMinutes.verifyDead.executeWithOptions(
        { summary: 'Prove that it is refused, and that the control is not' },
        [verification],
      ),
    // Nobody's silence makes it known to be dead.
    { needed: true, endless: true, ...(others < MAX_OTHERS ? { givesUpOn: 'CONTROL_REFUSED' } : {}) },
  );
  leak.board.apply({ type: 'verified', at, note: `verified dead, proof ${proof}: ${evidence}` });
  // Missing in what was recorded before siblings were tried.
  if (broken && broken.length > 0)
    await leak.desk.tell(`Other credentials of the same principal do not work any more: ${broken.join(', ')}.`);
  return proof;
}
