import type { Verdict } from '../../domain/ports/credential-provider';
import type { OauthPlace } from './oauth-place';
import type { TokenAnswer } from './oauth-tokens';

interface TokensLeft {
  readonly are: 'ended' | 'alive' | 'not known to be ended';
  readonly why: string;
}

/**
 * Dead is a client that is gone, whose secret is refused while the control's is accepted, and of whose tokens none works: the last that it was given is
 * presented (RFC 7662), beside one of the control, or all have had the time to end.
 */
export async function proveClientDead(old: OauthPlace, control: OauthPlace, isEnded: boolean): Promise<Verdict> {
  const [oldAnswer, controlAnswer] = [await old.present(), await control.present()];
  const made = await old.kept.registration();
  const read = made ? await old.registrar.read(made) : 'not taken';
  const isThere = oldAnswer.is === 'accepted' || oldAnswer.is === 'no grant';
  // One that was ended, and is there again, is alive whoever manages it.
  if (made && read === 'not taken' && isThere && !isEnded) throw old.denied();
  const isGone = oldAnswer.is === 'refused' && read === 'not taken';
  if (isGone) await old.kept.keepGone();
  const left = await tokensLeft(old, control, controlAnswer);
  await control.tokens.end(controlAnswer, await control.material());
  await old.tokens.end(oldAnswer, await old.material());
  const base = {
    proof: 'presented',
    sessions: left.are === 'alive' ? 1 : 0,
    evidence: `old ${oldAnswer.is}, control ${controlAnswer.is}, tokens of the old ${left.are} (${left.why})`,
    ...(oldAnswer.is === 'refused' || oldAnswer.is === 'no grant' ? { oldRefused: true as const } : {}),
    ...(controlAnswer.is === 'refused' ? { controlRefused: true as const } : {}),
  } as const;
  if (oldAnswer.is === 'accepted') return { ...base, verdict: 'alive' };
  const isDead = isGone && controlAnswer.is === 'accepted' && left.are === 'ended';
  return { ...base, verdict: isDead ? 'dead' : 'unknown' };
}

async function tokensLeft(old: OauthPlace, control: OauthPlace, controlAnswer: TokenAnswer): Promise<TokensLeft> {
  const { tokens, kept, settings } = old;
  const witness = await kept.witness();
  const isAlive = witness && (await tokens.isActive(witness.token));
  if (isAlive) return { are: 'alive', why: `the last may live until ${new Date(witness.until).toISOString()}` };
  const now = Date.now();
  const controlToken = controlAnswer.is === 'accepted' ? controlAnswer.token : undefined;
  const isControlAlive = controlToken !== undefined && (await control.tokens.isActive(controlToken)) === true;
  // One that has had its time says nothing of those that live longer; and who says so of every token says nothing.
  if (witness && isAlive === false && now < witness.until && isControlAlive)
    return { are: 'ended', why: 'the last was active and is not, and one of the control is' };
  const goneAt = await kept.goneAt();
  const until = goneAt === undefined ? undefined : goneAt + settings.tokenSeconds * 1_000;
  if (until !== undefined && now > until) return { are: 'ended', why: 'none lives as long' };
  return {
    are: 'not known to be ended',
    why: `some may live until ${until === undefined ? 'they end' : new Date(until).toISOString()}`,
  };
}
