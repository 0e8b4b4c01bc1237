import type { RotationResult } from '../messages';
import { withinMinutes } from './activity-proxies';
import { incidentStep } from './incident-step';
import { insist, type Leak } from './leak';

/** The one-way door. Without enough evidence a person opens it, unless graver evidence comes meanwhile. */
export async function revokeLeaked(leak: Leak, rotation: RotationResult): Promise<void> {
  const { input, board, desk } = leak;
  const answeredBy = await desk.ask(
    `Version ${input.version} is contained and replaced by ${rotation.replacement}. Send retryStep to revoke it for ever.`,
    () => leak.plan().revoke === 'when-moved',
  );
  // An exercise was started by somebody who said yes to this; it must not use up what real leaks need.
  const decidedBy = answeredBy ?? (input.simulated ? input.startedBy : undefined);
  const revocation = { ...incidentStep(input, 'revoke'), reason: board.incident.evidence.reason };
  const revoked = await insist(leak, 'revoke it', (said = decidedBy) =>
    withinMinutes.revokeVersion.executeWithOptions({ summary: `Revoke version ${input.version}: the one-way door` }, [
      { ...revocation, ...(said === undefined ? {} : { decidedBy: said }) },
    ]),
  );
  board.apply({ type: 'revoked', at: revoked.at, note: `revoked: ${revoked.evidence}` });
}

/** Presents the old version until it is refused everywhere, beside a control that is not. Says what kind of proof it is. */
export async function proveDead(leak: Leak, rotation: RotationResult): Promise<string> {
  const verification = { ...incidentStep(leak.input, 'verify'), control: rotation.replacement };
  const { at, proof, evidence } = await insist(leak, 'prove that it is dead', () =>
    withinMinutes.verifyDead.executeWithOptions({ summary: 'Prove that it is refused, and that the control is not' }, [
      verification,
    ]),
  );
  leak.board.apply({ type: 'verified', at, note: `verified dead, proof ${proof}: ${evidence}` });
  return proof;
}
