import type { Verdict } from '../../domain/ports/credential-provider';
import type { KeycloakAdmin, KeycloakClient } from './keycloak-admin';
import { holds } from './keycloak-slots';
import type { KeycloakVersion } from './keycloak-version';
import type { TokenAnswer } from './oauth-tokens';

/**
 * Dead is a secret that is in neither place of the client and refused while the control's is accepted, and whose tokens are ended: the client's `notBefore`
 * says so of all, and the last that it got was seen to work and does not any more.
 */
export async function proveSecretDead(
  admin: KeycloakAdmin,
  old: KeycloakVersion,
  control: KeycloakVersion,
): Promise<Verdict> {
  const client = await admin.look();
  const controlMaterial = await control.material();
  const [oldAnswer, controlAnswer, isWitnessActive] = await Promise.all([
    old.present(),
    control.present(),
    old.isWitnessActive(controlMaterial),
  ]);
  await control.endToken(controlAnswer);
  const endedAt = await old.tokensEndedAt();
  const areEnded = endedAt !== undefined && client.notBefore >= endedAt && isWitnessActive !== true;
  const oldRefused = isRefused(oldAnswer, client, (await old.material()).clientSecret);
  const controlRefused = isRefused(controlAnswer, client, controlMaterial.clientSecret);
  const last = { true: 'works still', false: 'does not work any more', undefined: 'could not be looked at' } as const;
  const base = {
    proof: 'presented',
    sessions: isWitnessActive === true ? 1 : 0,
    evidence: `old ${oldRefused ? 'refused' : oldAnswer.is}, control ${controlAnswer.is}, tokens from before ${areEnded ? '' : 'NOT '}ended, the last of the old ${last[`${isWitnessActive}`]}`,
    ...(oldRefused ? { oldRefused: true as const } : {}),
    ...(controlRefused ? { controlRefused: true as const } : {}),
  } as const;
  if (oldAnswer.is === 'accepted') return { ...base, verdict: 'alive' };
  const isDead = oldRefused && controlAnswer.is === 'accepted' && areEnded;
  return { ...base, verdict: isDead ? 'dead' : 'unknown' };
}

/** Keycloak has one answer for a wrong secret and for a client that gets no tokens: which it is, its record tells. */
function isRefused({ is }: TokenAnswer, { slots }: KeycloakClient, value: string): boolean {
  return (is === 'refused' || is === 'no grant') && !holds(slots, value);
}
