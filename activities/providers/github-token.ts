import { setTimeout as sleep } from 'node:timers/promises';
import type { Credential, SecretVersion } from '../../domain/credential';
import { IncidentError } from '../../domain/errors';
import { fingerprint, fingerprints, signProbe, type FingerprintKey } from '../../domain/fingerprint';
import type { CredentialProvider, Verdict } from '../../domain/ports/credential-provider';
import type { CallContext, Effect } from '../../domain/ports/effect';
import type { SecretStore } from '../../domain/ports/stores';
import { parseMaterial } from '../../domain/secret-material';
import { accountOf } from './account-of';
import { adoptionRefused } from './adoption';
import { BulkRevocations } from './bulk-revocations';
import { effect } from './effect';
import { GITHUB_TOKEN, REVOCABLE, type GithubSettings } from './github-account';
import { askLimits, presentToGithub, revokeAtGithub } from './github-api';
import { adminAnswer, type Presented } from './http-send';
import type { Answer } from './present-token';
import { isEnded, markEnded } from './tombstone';

const LOOK_EVERY_MS = 200;
/** What is still accepted is asked for again, within the calls of an hour. */
const LOOK_AGAIN_MS = 30_000;

const NOW: Readonly<Record<Exclude<Answer, 'accepted'>, string>> = {
  refused: 'refuses it',
  'no answer': 'does not say whether it works',
};

/**
 * Tokens of GitHub that a person has asked for there. Whoever has one may have it revoked, so no admin credential is needed; and nobody but a person can
 * have another one issued. A token has no public id: it is named by its fingerprint.
 */
export function createGithubTokenProvider(
  accounts: ReadonlyMap<string, GithubSettings>,
  secrets: SecretStore,
  fingerprintKeys: readonly [FingerprintKey, ...FingerprintKey[]],
): CredentialProvider {
  const [key] = fingerprintKeys;
  const revocations = new Map<string, BulkRevocations>();

  function revocationsOf({ account }: Credential, url: string): BulkRevocations {
    const known = revocations.get(url);
    const bulk = known ?? new BulkRevocations({ account, send: (tokens) => revokeAtGithub(url, tokens) });
    revocations.set(url, bulk);
    return bulk;
  }

  async function ask(credential: Credential, { secret }: SecretVersion, { signal }: CallContext): Promise<Presented> {
    const { url } = accountOf(accounts, 'github-token', credential);
    const { secret: token } = parseMaterial('http', await secrets.get(secret));
    return presentToGithub(url, token, signProbe('github', Date.now(), key), signal);
  }

  const present = async (...asked: Parameters<typeof ask>): Promise<Answer> => (await ask(...asked)).answer;

  /** @throws IncidentError PROVIDER_UNAVAILABLE when nobody answers, with `retryAfterMs` where we are asked to wait */
  async function isRefused(credential: Credential, version: SecretVersion, context: CallContext): Promise<boolean> {
    const { answer, retryAfterMs } = await ask(credential, version, context);
    if (answer === 'no answer')
      throw new IncidentError('PROVIDER_UNAVAILABLE', { account: credential.account, retryAfterMs });
    return answer === 'refused';
  }

  async function end(credential: Credential, version: SecretVersion, context: CallContext): Promise<Effect> {
    const { url } = accountOf(accounts, 'github-token', credential);
    const { secret: token } = parseMaterial('http', await secrets.get(version.secret));
    await markEnded(secrets, version.secret);
    // Where that can't be told, as when GitHub refuses whoever tries too often, it is ended all the same: to revoke needs no login.
    if ((await present(credential, version, context)) === 'refused') return effect('already', 'GitHub refuses it');
    await revocationsOf(credential, url).revoke(token, context.signal);
    const last = await untilRefused(() => present(credential, version, context), context.signal);
    // Called ended, it would be looked at no more until something replaces it, which may take a person all night.
    if (last === 'accepted')
      throw new IncidentError('PROVIDER_UNAVAILABLE', {
        account: credential.account,
        evidence: 'GitHub has taken its revocation, and still accepts it',
        retryAfterMs: LOOK_AGAIN_MS,
      });
    return effect('done', `GitHub has taken its revocation, and ${NOW[last]}`);
  }

  async function probeAccount(account: string, { signal }: CallContext): Promise<Effect> {
    const answer = await askLimits(accountOf(accounts, 'github-token', { account }).url, signal);
    adminAnswer(answer, [200], { account, call: 'rate_limit' });
    return effect('already', `${account} answers; no admin credential is needed`);
  }

  return {
    id: 'github-token',
    capabilities: GITHUB_TOKEN,

    probeAccount,

    probe: ({ account }, context) => probeAccount(account, context),

    async quarantine(credential, version, context) {
      const isDead = await isRefused(credential, version, context);
      return effect('already', isDead ? 'GitHub refuses it' : 'GitHub can refuse it in no way but for good');
    },

    async release(credential, version, context) {
      if ((await isEnded(secrets, version.secret)) || (await isRefused(credential, version, context)))
        throw new IncidentError('CONTAINMENT_FINAL', { credential: credential.id, version: version.version });
      return effect('already', 'it is active');
    },

    adopt(credential, { value }) {
      // An account that is not configured is said so before anything is kept.
      accountOf(accounts, 'github-token', credential);
      if (!REVOCABLE.test(value))
        throw adoptionRefused('it is no token that GitHub lets us revoke: ghp_, github_pat_, gho_ or ghu_');
      const id = `token-${fingerprint(value, key).slice(-16)}`;
      return {
        publicId: id,
        subjects: fingerprints(value, fingerprintKeys),
        material: { kind: 'http', id, secret: value },
      };
    },

    createReplacement: (credential) =>
      Promise.reject(
        new IncidentError('REPLACEMENT_BY_PERSON', { credential: credential.id, provider: 'github-token' }),
      ),

    async test(credential, version, context) {
      if (await isRefused(credential, version, context))
        throw new IncidentError('REPLACEMENT_REJECTED', { version: version.publicId });
      return effect('done', 'GitHub accepts it');
    },

    revoke: end,

    // Nothing is minted here, so what has no name was never given either.
    discard: (credential, version, context) =>
      version.publicId ? end(credential, version, context) : Promise.resolve(effect('already', 'was never given')),

    async verifyDead(credential, old, control, context) {
      const [oldAnswer, controlAnswer] = [
        await present(credential, old, context),
        await present(credential, control, context),
      ];
      return judge(oldAnswer, controlAnswer);
    },
  };
}

/** What GitHub has taken it does a moment later; what it has not done by then, the proof waits for. */
async function untilRefused(look: () => Promise<Answer>, signal: AbortSignal): Promise<Answer> {
  let last: Answer = 'no answer';
  for (const end = Date.now() + GITHUB_TOKEN.propagationMs; Date.now() < end;) {
    const answer = await look();
    if (answer === 'refused') return answer;
    // One look that nobody answered does not take back that it was accepted.
    if (answer === 'accepted') last = answer;
    await sleep(LOOK_EVERY_MS, undefined, { signal });
  }
  return last;
}

function judge(old: Answer, control: Answer): Verdict {
  const base = { proof: 'presented', sessions: 0, evidence: `old ${old}, control ${control}` } as const;
  if (old === 'accepted') return { ...base, verdict: 'alive' };
  return {
    ...base,
    ...(old === 'refused' ? { oldRefused: true } : {}),
    ...(control === 'refused' ? { controlRefused: true } : {}),
    verdict: old === 'refused' && control === 'accepted' ? 'dead' : 'unknown',
  };
}
