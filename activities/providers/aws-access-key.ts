import { setTimeout as sleep } from 'node:timers/promises';
import type { Credential, SecretVersion } from '../../domain/credential';
import { IncidentError } from '../../domain/errors';
import type { CredentialProvider, Verdict } from '../../domain/ports/credential-provider';
import type { CallContext, Effect } from '../../domain/ports/effect';
import type { SecretStore } from '../../domain/ports/stores';
import { parseMaterial, type AwsAccessKeyMaterial } from '../../domain/secret-material';
import { publicIdSubject, type Subject } from '../../domain/subject';
import { AWS_ACCESS_KEY, type AwsAccessKeySettings } from './aws-account';
import { awsFailure, withIam, type AwsPlace, type Iam, type AwsKey } from './aws-calls';
import { discoverKeys } from './aws-discovery';
import { deleteKey, findKey, listKeys, MOST_KEYS, setActive, type ListedKey } from './aws-keys';
import { presentKey, presentUntil, type KeyAnswer } from './aws-login';
import { endAskedFor, mintKey } from './aws-mint';
import { missingRights, mustBeKnown } from './aws-probe';
import { areSessionsEnded, endSessions, forgetKey, isKeyId, missingHolders, type Holder } from './aws-sessions';
import { isAskedFor } from './beside-value';
import { accountOf } from './account-of';
import { adoptionRefused, nameOfFound } from './adoption';
import { effect } from './effect';
import { unlessMissing } from './unless-missing';

/** Within the 10 s that one attempt to refuse may take (workflows/lib/time-limits.ts); the next one goes on waiting. */
const ADMIN_WITHIN_MS = 9_000;
const REFUSED_WITHIN_MS = 4_000;
/** Of a large account, whose users are asked one after the other. */
const DISCOVER_WITHIN_MS = 240_000;
/** With minting it must fit into 20 s. */
const ACCEPTED_WITHIN_MS = 9_000;

/** What is known of one version at AWS. */
interface Seen {
  readonly key: ListedKey | undefined;
  readonly sessionsEnded: boolean;
}

/** Access keys of an IAM user, one a version, of which AWS allows two. The user and its rights are there before: only its keys are ours to make and to end. */
export function createAwsAccessKeyProvider(
  accounts: ReadonlyMap<string, AwsAccessKeySettings>,
  secrets: SecretStore,
): CredentialProvider {
  const settingsOf = (credential: Pick<Credential, 'account'>): AwsAccessKeySettings =>
    accountOf(accounts, 'aws-access-key', credential);

  async function materialOf({ secret }: Pick<SecretVersion, 'secret'>): Promise<AwsAccessKeyMaterial | undefined> {
    const text = await unlessMissing(() => secrets.get(secret));
    return text === undefined ? undefined : parseMaterial('aws-access-key', text);
  }

  /** Undefined where the SDK finds one on its machine. */
  function adminKeyOf(credential: Pick<Credential, 'account'>): AwsKey | undefined {
    const [accessKeyId = '', secretAccessKey = ''] = settingsOf(credential).adminKey?.split(':') ?? [];
    return accessKeyId === '' ? undefined : { accessKeyId, secretAccessKey };
  }

  async function asAdmin<T>(
    credential: Pick<Credential, 'account'>,
    { signal }: CallContext,
    work: (iam: Iam, signal: AbortSignal) => Promise<T>,
    withinMs = ADMIN_WITHIN_MS,
  ): Promise<T> {
    const { region, iamEndpoint: endpoint } = settingsOf(credential);
    try {
      return await withIam({ region, endpoint, key: adminKeyOf(credential) }, { signal, withinMs }, work);
    } catch (error) {
      throw awsFailure(error, { provider: 'aws-access-key', account: credential.account });
    }
  }

  /** Where the version shows whose it is. */
  function stsOf(credential: Credential, { region, ...key }: AwsAccessKeyMaterial): AwsPlace {
    return { region, endpoint: settingsOf(credential).stsEndpoint, key };
  }

  function holdersOf(credential: Credential): readonly Holder[] {
    const roles = settingsOf(credential).rolesOf[credential.principal] ?? [];
    return [{ kind: 'user', name: credential.principal }, ...roles.map((name) => ({ kind: 'role' as const, name }))];
  }

  async function look(iam: Iam, credential: Credential, id: string, signal: AbortSignal): Promise<Seen> {
    const key = await findKey(iam, credential.principal, id, signal);
    const sessionsEnded = !isKeyId(id) || (await areSessionsEnded(iam, holdersOf(credential), id, signal));
    return { key, sessionsEnded };
  }

  /**
   * Refuses the key, waits until AWS does so, and then ends what it had opened: in another order a session would slip through. What is opened by now is ended
   * at once, since waiting may take several attempts. A list that does not show the key is not believed: it may be new, or another user's.
   */
  async function shut(iam: Iam, credential: Credential, version: SecretVersion, signal: AbortSignal): Promise<void> {
    const { publicId } = version;
    const isThere = await setActive(iam, credential.principal, publicId, false, signal);
    await endSessions(iam, holdersOf(credential), undefined, signal);
    const wasSeen = await untilRefused(credential, version, isThere, signal);
    if (isThere && !wasSeen) await sleep(REFUSED_WITHIN_MS, undefined, { signal });
    // Once more, since the time of its answer is what sessions are dated by.
    const now = await findKey(iam, credential.principal, publicId, signal);
    if (now?.isActive) throw new IncidentError('PROVIDER_UNAVAILABLE', { key: publicId, reply: 'active again' });
    await endSessions(iam, holdersOf(credential), publicId, signal);
  }

  /** Until STS refuses the key. False where we do not have its value. */
  async function untilRefused(
    credential: Credential,
    version: SecretVersion,
    isThere: boolean,
    signal: AbortSignal,
  ): Promise<boolean> {
    const { principal: user } = credential;
    const key = version.publicId;
    const material = await materialOf(version);
    if (!material) return false;
    const within = { signal, withinMs: REFUSED_WITHIN_MS };
    const { is } = await presentUntil('refused', stsOf(credential, material), within);
    if (is === 'refused') return true;
    if (is === 'accepted' && !isThere)
      throw new IncidentError('PROVIDER_REFUSED', { key, user, found: 'a key of another user' });
    throw new IncidentError('PROVIDER_UNAVAILABLE', { key, reply: `not refused yet: ${is}` });
  }

  async function end(credential: Credential, version: SecretVersion, context: CallContext): Promise<Effect> {
    const { publicId } = version;
    return asAdmin(credential, context, async (iam, signal) => {
      const { key, sessionsEnded } = await look(iam, credential, publicId, signal);
      if (!key && sessionsEnded) {
        await untilRefused(credential, version, false, signal);
        return effect('already', `key ${publicId} does not exist, and its sessions are ended`);
      }
      if (key?.isActive !== false || !sessionsEnded) await shut(iam, credential, version, signal);
      await deleteKey(iam, credential.principal, publicId, signal);
      return effect('done', `key ${publicId} is deleted, and its sessions are ended`);
    });
  }

  return {
    id: 'aws-access-key',
    capabilities: AWS_ACCESS_KEY,

    probeAccount(account, context) {
      return asAdmin({ account }, context, async (iam, signal) => {
        await mustBeKnown(iam, signal);
        return effect('already', 'AWS knows our admin key');
      });
    },

    probe(credential, context) {
      const about = { account: credential.account, user: credential.principal };
      return asAdmin(credential, context, async (iam, signal) => {
        const keys = await listKeys(iam, credential.principal, signal);
        if (!keys) throw new IncidentError('PROVIDER_REFUSED', { ...about, found: 'no such user' });
        const refused = (found: string) => new IncidentError('PROVIDER_REFUSED', { ...about, found });
        const holders = holdersOf(credential);
        const missing = await missingRights(iam, holders, keys, signal);
        if (missing.length > 0)
          throw new IncidentError('PROVIDER_ADMIN_DENIED', { ...about, missing: missing.join(', ') });
        const [nobody] = await missingHolders(iam, holders, signal);
        if (nobody !== undefined) throw refused(`no ${nobody}`);
        // One that an incident has refused will make room; any other holds its slot.
        const held = await Promise.all(
          keys.map(async ({ id, isActive }) => isActive || !(await areSessionsEnded(iam, holders, id, signal))),
        );
        if (held.filter(Boolean).length >= MOST_KEYS) throw refused('two keys: no slot is free');
        const evidence = `our admin may end the keys and sessions of ${credential.principal}, which has ${keys.length}`;
        return effect('already', `${evidence}; whether it may create one, IAM tells only by doing it`);
      });
    },

    quarantine(credential, version, context) {
      const { publicId } = version;
      return asAdmin(credential, context, async (iam, signal) => {
        const { key, sessionsEnded } = await look(iam, credential, publicId, signal);
        if (!key?.isActive && sessionsEnded) {
          await untilRefused(credential, version, key !== undefined, signal);
          return effect('already', `key ${publicId} ${key ? 'is inactive' : 'does not exist'}`);
        }
        await shut(iam, credential, version, signal);
        return effect('done', `key ${publicId} is refused, and so are sessions opened before`);
      });
    },

    release(credential, version, context) {
      const { publicId } = version;
      const { principal } = credential;
      const final = () => new IncidentError('CONTAINMENT_FINAL', { credential: credential.id, key: publicId });
      return asAdmin(credential, context, async (iam, signal) => {
        const key = await findKey(iam, principal, publicId, signal);
        if (!key) throw final();
        if (key.isActive) return effect('already', `key ${publicId} is active`);
        // First, or a quarantine that follows would find its sessions ended.
        await forgetKey(iam, holdersOf(credential), publicId, signal);
        if (!(await setActive(iam, principal, publicId, true, signal))) throw final();
        return effect('done', `key ${publicId} is active again; sessions from before stay refused`);
      });
    },

    async inspect(credential, { publicId }, context) {
      const { principal: user } = credential;
      const key = await asAdmin(credential, context, (iam, signal) => findKey(iam, user, publicId, signal));
      if (!key?.isActive) throw adoptionRefused(`${publicId} is no active key of the user ${user} in this AWS account`);
    },

    discover: (account, context) => asAdmin({ account }, context, discoverKeys, DISCOVER_WITHIN_MS),

    adopt(credential, found) {
      const accessKeyId = nameOfFound(found, 'the access key id');
      if (!/^AKIA[A-Z0-9]{16}$/.test(accessKeyId))
        throw adoptionRefused('publicId is no id of a long-term access key, AKIA and 16 characters');
      const { region } = settingsOf(credential);
      const material = { kind: 'aws-access-key' as const, region, accessKeyId, secretAccessKey: found.value };
      return { publicId: accessKeyId, subjects: subjectsOf(accessKeyId), material };
    },

    async createReplacement(credential, next, context) {
      const user = credential.principal;
      const { region } = settingsOf(credential);
      return asAdmin(credential, context, async (iam, signal) => {
        const stored = await materialOf(next);
        const { accessKeyId } = stored ?? (await mintKey({ iam, secrets, user, region, ref: next.secret, signal }));
        const key = await findKey(iam, user, accessKeyId, signal);
        // A late attempt must not bring back what was contained since; a list may be older than the key.
        if (key?.isActive === false)
          throw new IncidentError('PROVIDER_REFUSED', { version: accessKeyId, found: 'contained' });
        if (stored && !key)
          throw new IncidentError('PROVIDER_UNAVAILABLE', { version: accessKeyId, reply: 'not listed' });
        const subjects = subjectsOf(accessKeyId);
        return {
          state: stored ? ('already' as const) : ('done' as const),
          value: { publicId: accessKeyId, subjects, secret: next.secret },
          evidence: `key ${accessKeyId} of ${user}`,
        };
      });
    },

    async test(credential, version, context) {
      const { publicId } = version;
      const rejected = () => new IncidentError('REPLACEMENT_REJECTED', { key: publicId });
      const material = parseMaterial('aws-access-key', await secrets.get(version.secret));
      const key = await asAdmin(credential, context, (iam, signal) =>
        findKey(iam, credential.principal, publicId, signal),
      );
      if (key?.isActive === false) throw rejected();
      const within = { signal: context.signal, withinMs: ACCEPTED_WITHIN_MS };
      const answer = await presentUntil('accepted', stsOf(credential, material), within);
      if (answer.is === 'no answer') {
        const { retryAfterMs } = answer;
        throw new IncidentError('PROVIDER_UNAVAILABLE', { key: publicId, retryAfterMs });
      }
      if (answer.is === 'refused' || !answer.arn.endsWith(`/${credential.principal}`)) throw rejected();
      return effect('done', `is ${answer.arn}, whose rights it has`);
    },

    revoke: end,

    async discard(credential, version, context) {
      if (version.publicId) return end(credential, version, context);
      const { secret: ref } = version;
      // In this order: what was asked for is stored first, and then asked for no more.
      const isAsked = await isAskedFor(secrets, ref);
      const stored = await materialOf(version);
      if (stored) return end(credential, { ...version, publicId: stored.accessKeyId }, context);
      if (!isAsked) return effect('already', 'was never minted');
      const { region } = settingsOf(credential);
      return asAdmin(credential, context, async (iam, signal) =>
        (await endAskedFor({ iam, secrets, user: credential.principal, region, ref, signal }))
          ? effect('done', 'the key that was asked for is deleted')
          : effect('already', 'no key was made'),
      );
    },

    async verifyDead(credential, old, control, context) {
      const [oldKey, controlKey] = await Promise.all([old, control].map(materialOf));
      if (!oldKey || !controlKey) throw new IncidentError('SECRET_NOT_FOUND', { version: old.publicId });
      const { key, sessionsEnded } = await asAdmin(credential, context, (iam, signal) =>
        look(iam, credential, old.publicId, signal),
      );
      const oldAnswer = await presentKey(stsOf(credential, oldKey), context.signal);
      const controlAnswer = await presentKey(stsOf(credential, controlKey), context.signal);
      return judge({
        isListed: key !== undefined,
        isActive: key?.isActive === true,
        sessionsEnded,
        oldAnswer,
        controlAnswer,
      });
    },
  };
}

function subjectsOf(accessKeyId: string): readonly Subject[] {
  return [publicIdSubject('aws-access-key', accessKeyId)];
}

function judge(seen: {
  readonly isListed: boolean;
  readonly isActive: boolean;
  readonly sessionsEnded: boolean;
  readonly oldAnswer: KeyAnswer;
  readonly controlAnswer: KeyAnswer;
}): Verdict {
  const { isListed, isActive, sessionsEnded, oldAnswer, controlAnswer } = seen;
  const sessions = sessionsEnded ? 'sessions refused' : 'sessions NOT refused';
  const evidence = `old ${oldAnswer.is}, control ${controlAnswer.is}, ${sessions}${isListed ? ', still listed' : ''}`;
  const oldRefused = oldAnswer.is === 'refused' ? ({ oldRefused: true } as const) : {};
  const base = { proof: 'presented', sessions: 0, evidence, ...oldRefused } as const;
  // What it had opened works again once nobody is told to refuse it.
  if (oldAnswer.is === 'accepted' || isActive || !sessionsEnded) return { ...base, verdict: 'alive' };
  const controlRefused = controlAnswer.is === 'refused' ? ({ controlRefused: true } as const) : {};
  const isDead = oldAnswer.is === 'refused' && controlAnswer.is === 'accepted' && !isListed;
  return { ...base, ...controlRefused, verdict: isDead ? 'dead' : 'unknown' };
}
