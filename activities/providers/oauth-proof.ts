import type { Verdict } from '../../domain/ports/credential-provider';
import type { OauthPlace } from './oauth-place';
import { endedAt } from './tombstone';

interface TokensLeft {
  readonly are: 'ended' | 'alive' | 'not known to be ended';
  readonly why: string;
}

/**
 * Dead is a client that is gone, whose secret is refused while the control's is accepted, and of whose tokens none works: the last that it was given is
 * presented (RFC 7662), beside one of the control, or all have had the time to end.
 */
export async function proveClientDead(old: OauthPlace, control: OauthPlace, now: number): Promise<Verdict> {
  const [oldAnswer, controlAnswer] = [await old.present(), await control.present()];
  const made = await old.kept.registration();
  const read = made ? await old.registrar.read(made) : 'not taken';
  if (made && read === 'not taken' && (oldAnswer.is === 'accepted' || oldAnswer.is === 'no grant')) throw old.denied();
  const token = controlAnswer.is === 'accepted' ? controlAnswer.token : undefined;
  const left = await tokensLeft(old, control, token, now);
  if (token !== undefined) await control.tokens.end(token, await control.material());
  const isRefused = oldAnswer.is === 'refused' || oldAnswer.is === 'no grant';
  const base = {
    proof: 'presented',
    sessions: left.are === 'alive' ? 1 : 0,
    evidence: `old ${oldAnswer.is}, control ${controlAnswer.is}, tokens of the old ${left.are} (${left.why})`,
    ...(isRefused ? { oldRefused: true as const } : {}),
    ...(controlAnswer.is === 'refused' ? { controlRefused: true as const } : {}),
  } as const;
  if (oldAnswer.is === 'accepted') return { ...base, verdict: 'alive' };
  const isGone = oldAnswer.is === 'refused' && read === 'not taken';
  const isDead = isGone && controlAnswer.is === 'accepted' && left.are === 'ended';
  return { ...base, verdict: isDead ? 'dead' : 'unknown' };
}

async function tokensLeft(
  { kept, settings, secrets, ref }: OauthPlace,
  control: OauthPlace,
  controlToken: string | undefined,
  now: number,
): Promise<TokensLeft> {
  const since = await endedAt(secrets, ref);
  const until = since === undefined ? undefined : since + settings.tokenSeconds * 1_000;
  if (until !== undefined && now > until) return { are: 'ended', why: 'none lives as long' };
  const last = await kept.lastToken();
  const why = `the last may live until ${until === undefined ? 'it ends' : new Date(until).toISOString()}`;
  if (last === undefined || controlToken === undefined) return { are: 'not known to be ended', why };
  const as = await control.material();
  const [isAlive, isControlAlive] = [
    await control.tokens.isActive(last, as),
    await control.tokens.isActive(controlToken, as),
  ];
  if (isAlive) return { are: 'alive', why };
  // Who says so of every token says nothing.
  if (isAlive === false && isControlAlive)
    return { are: 'ended', why: 'the last is not active, and one of the control is' };
  return { are: 'not known to be ended', why };
}
