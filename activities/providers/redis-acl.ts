import { createHash, randomBytes } from 'node:crypto';
import type { Credential, SecretVersion } from '../../domain/credential';
import { IncidentError } from '../../domain/errors';
import { signProbe, type FingerprintKey } from '../../domain/fingerprint';
import type { CredentialProvider, Verdict } from '../../domain/ports/credential-provider';
import type { CallContext, Effect } from '../../domain/ports/effect';
import type { SecretStore } from '../../domain/ports/stores';
import { parseMaterial, type RedisMaterial } from '../../domain/secret-material';
import { publicIdSubject, type Subject } from '../../domain/subject';
import { accountOf } from './account-of';
import { adoptionRefused } from './adoption';
import { effect } from './effect';
import { REDIS_ACL, type RedisAclSettings } from './redis-account';
import { endForGood, giveBack, readRecord, takeAway, userOf, type AclRecord } from './redis-acl-record';
import { redisFailure, withRedis, type RedisConnection } from './redis-connection';
import { presentLogin, type LoginAnswer } from './redis-login';
import { missingRights, mustBeAlone, mustHaveAclFile } from './redis-probe';
import { sessionsOfUser } from './redis-sessions';
import { unlessMissing } from './unless-missing';

/** Longer than the sessions get to end. */
const ADMIN_WITHIN_MS = 10_000;

/**
 * Passwords of a Redis user, one a version, of which several work at once. The user and its rights are there before: only its
 * passwords are ours to add and to take away, and Redis is told their SHA-256 and never a value (redis-acl-record.ts).
 */
export function createRedisAclProvider(
  accounts: ReadonlyMap<string, RedisAclSettings>,
  secrets: SecretStore,
  probeKey: FingerprintKey,
): CredentialProvider {
  /** The connection name of our own logins, signed, so that whoever reads CLIENT LIST or MONITOR can know them. */
  const mark = (id: string): string => signProbe(id, Date.now(), probeKey);

  const settingsOf = (credential: Pick<Credential, 'account'>): RedisAclSettings =>
    accountOf(accounts, 'redis-acl', credential);

  async function materialOf(version: SecretVersion): Promise<RedisMaterial> {
    return parseMaterial('redis', await secrets.get(version.secret));
  }

  /** Undefined of a version whose value we do not have. */
  async function storedHash(version: SecretVersion): Promise<string | undefined> {
    const material = await unlessMissing(() => materialOf(version));
    return material && hashOf(material);
  }

  async function asAdmin<T>(
    credential: Pick<Credential, 'account'>,
    { signal }: CallContext,
    work: (redis: RedisConnection) => Promise<T>,
  ): Promise<T> {
    const { adminUrl } = settingsOf(credential);
    const name = 'tourniquet-response';
    try {
      return await withRedis({ url: adminUrl, name }, { signal, withinMs: ADMIN_WITHIN_MS }, work);
    } catch (error) {
      throw redisFailure(error, { provider: 'redis-acl', account: credential.account });
    }
  }

  /** Always, and not only after a change: an attempt before may have been lost between the change and this. */
  async function keep(redis: RedisConnection, credential: Credential): Promise<string> {
    const { keepsUsersIn } = settingsOf(credential);
    if (keepsUsersIn === 'none') return ', in memory only: gone when Redis restarts';
    await (keepsUsersIn === 'acl-file' ? redis.aclSave() : redis.configRewrite());
    return '';
  }

  /** A user without a password of its own, or our own, can't be contained by taking one away. */
  function mustHavePasswords(credential: Credential, record: AclRecord): void {
    const found = record.open
      ? 'nopass'
      : record.user === adminOf(settingsOf(credential))
        ? 'our own admin'
        : undefined;
    if (found) throw new IncidentError('PROVIDER_REFUSED', { account: credential.account, user: record.user, found });
  }

  /** Whether our admin may do what is needed, there. */
  async function mustBeReady(redis: RedisConnection, account: string): Promise<void> {
    const settings = settingsOf({ account });
    const about = { account };
    const missing = await missingRights(redis, adminOf(settings), settings.keepsUsersIn);
    if (missing.length > 0) throw new IncidentError('PROVIDER_ADMIN_DENIED', { ...about, missing: missing.join(', ') });
    await mustBeAlone(redis, about);
    if (settings.keepsUsersIn === 'acl-file') await mustHaveAclFile(redis, adminOf(settings), about);
  }

  async function refuse(
    credential: Credential,
    version: SecretVersion,
    context: CallContext,
    forGood: boolean,
  ): Promise<Effect> {
    const stored = await storedHash(version);
    return asAdmin(credential, context, async (redis) => {
      const record = await readRecord(redis, version.publicId, stored);
      if (!record.userExists) return effect('already', `user ${record.user} does not exist`);
      const word = forGood ? 'taken away for good' : 'taken away';
      const isRefused = !record.accepted && record.ended;
      if (isRefused && (record.revoked || !forGood))
        return effect('already', `the password was ${word} before${await keep(redis, credential)}`);
      const { hash, revoked } = record;
      if (hash === undefined) throw new IncidentError('SECRET_NOT_FOUND', { version: version.publicId });
      if (isRefused && (await endForGood(redis, record, hash)) === 'done')
        return effect('done', `the password is ${word}, no session was left${await keep(redis, credential)}`);
      mustHavePasswords(credential, record);
      const ended = await takeAway(redis, record, { hash, forGood: forGood || revoked });
      return effect('done', `the password is ${word}, ${ended} sessions ended${await keep(redis, credential)}`);
    });
  }

  return {
    id: 'redis-acl',
    capabilities: REDIS_ACL,
    ownsPrincipal: true,

    probeAccount(account, context) {
      return asAdmin({ account }, context, async (redis) => {
        await mustBeReady(redis, account);
        return effect('already', 'our admin may change passwords of users and end their sessions');
      });
    },

    probe(credential, context) {
      const about = { account: credential.account, user: credential.principal };
      return asAdmin(credential, context, async (redis) => {
        await mustBeReady(redis, credential.account);
        const record = await readRecord(redis, `${credential.principal}_v0`, undefined);
        if (!record.userExists) throw new IncidentError('PROVIDER_REFUSED', { ...about, found: 'no such user' });
        mustHavePasswords(credential, record);
        return effect('already', `our admin may change passwords of ${credential.principal} and end its sessions`);
      });
    },

    quarantine: (credential, version, context) => refuse(credential, version, context, false),

    async release(credential, version, context) {
      const stored = await storedHash(version);
      return asAdmin(credential, context, async (redis) => {
        const record = await readRecord(redis, version.publicId, stored);
        const { hash, marked, revoked, accepted } = record;
        if (accepted && !revoked) return effect('already', `the password of ${record.user} is accepted`);
        const isOurs = record.userExists && marked && !revoked && hash !== undefined;
        if (isOurs && (await giveBack(redis, record, { hash, release: true })) === 'free')
          return effect('done', `the password is given back to ${record.user}${await keep(redis, credential)}`);
        // Revoked between the two looks: the door that was opened is shut again.
        if (isOurs) await takeAway(redis, record, { hash, forGood: true });
        await keep(redis, credential);
        throw new IncidentError('CONTAINMENT_FINAL', { credential: credential.id, version: version.publicId });
      });
    },

    adopt(credential, found) {
      const publicId = nameOf(credential, found);
      // Redis has no name for a password: what a person takes for one would name nothing.
      if (found.publicId !== undefined && found.publicId !== publicId)
        throw adoptionRefused(`publicId is always ${publicId} here: leave it out`);
      const { host, port, tls } = settingsOf(credential);
      const material = {
        ...{ kind: 'redis' as const, host, port, tls, user: credential.principal },
        password: found.value,
      };
      return { publicId, subjects: subjectsOf(credential, publicId), material };
    },

    async createReplacement(credential, next, context) {
      const { host, port, tls } = settingsOf(credential);
      const user = credential.principal;
      const password = randomBytes(24).toString('base64url');
      const fresh: RedisMaterial = { kind: 'redis', host, port, tls, user, password };
      const publicId = nameOf(credential, next);
      const state = await asAdmin(credential, context, async (redis) => {
        // Stored before the server learns of it: a crash in between costs a value that opens nothing.
        await secrets.putIfAbsent(next.secret, JSON.stringify(fresh));
        const hash = hashOf(parseMaterial('redis', await secrets.get(next.secret)));
        const refused = (found: string) => new IncidentError('PROVIDER_REFUSED', { version: publicId, found });
        const record = await readRecord(redis, publicId, hash);
        if (!record.userExists) throw refused('no such user');
        mustHavePasswords(credential, record);
        // A late attempt must not bring back what was contained since.
        if (record.revoked || (record.marked && !record.accepted)) throw refused('contained');
        if (!record.accepted && (await giveBack(redis, record, { hash, release: false })) === 'contained') {
          await takeAway(redis, record, { hash, forGood: false });
          await keep(redis, credential);
          throw refused('contained');
        }
        await keep(redis, credential);
        return record.accepted ? ('already' as const) : ('done' as const);
      });
      return {
        state,
        value: { publicId, subjects: subjectsOf(credential, publicId), secret: next.secret },
        evidence: `a password of ${user} more`,
      };
    },

    async test(credential, version, { signal }) {
      settingsOf(credential);
      const answer = await presentLogin(await materialOf(version), { mark: mark('test'), signal }, (redis) =>
        redis.ping(),
      );
      if (answer === 'accepted') return effect('done', `logs in as ${userOf(version.publicId)}, whose rights it has`);
      const code = answer === 'refused' ? 'REPLACEMENT_REJECTED' : 'PROVIDER_UNAVAILABLE';
      throw new IncidentError(code, { version: version.publicId });
    },

    revoke: (credential, version, context) => refuse(credential, version, context, true),

    async discard(credential, version, context) {
      if (version.publicId) return refuse(credential, version, context, true);
      if (!(await storedHash(version))) return effect('already', 'was never minted');
      return refuse(credential, { ...version, publicId: nameOf(credential, version) }, context, true);
    },

    async verifyDead(credential, old, control, context) {
      const material = await materialOf(old);
      const sessions = await asAdmin(credential, context, async (redis) => {
        const { user, accepted, ended } = await readRecord(redis, old.publicId, hashOf(material));
        // Cut when it was taken away, and no login of it can have come since: those there are now are its successor's.
        return !accepted && ended ? 0 : (await sessionsOfUser(redis, user)).length;
      });
      const { signal } = context;
      const oldAnswer = await presentLogin(material, { mark: mark('verify'), signal });
      const controlAnswer = await presentLogin(await materialOf(control), { mark: mark('verify'), signal });
      return judge(oldAnswer, controlAnswer, sessions);
    },
  };
}

function nameOf({ principal }: Credential, { version }: Pick<SecretVersion, 'version'>): string {
  return `${principal}_v${version}`;
}

function subjectsOf({ account }: Credential, publicId: string): readonly Subject[] {
  return [publicIdSubject('redis-acl', `${account}/${publicId}`)];
}

function judge(old: LoginAnswer, control: LoginAnswer, sessions: number): Verdict {
  const oldRefused = old === 'refused' ? ({ oldRefused: true } as const) : {};
  const evidence = `old ${old}, control ${control}, ${sessions} sessions`;
  const base = { proof: 'presented', sessions, evidence, ...oldRefused } as const;
  if (old === 'accepted' || sessions > 0) return { ...base, verdict: 'alive' };
  const controlRefused = control === 'refused' ? ({ controlRefused: true } as const) : {};
  return { ...base, ...controlRefused, verdict: old === 'refused' && control === 'accepted' ? 'dead' : 'unknown' };
}

/** SHA-256 in hex: what Redis keeps of a password, and takes instead of one. */
function hashOf({ password }: RedisMaterial): string {
  return createHash('sha256').update(password, 'utf8').digest('hex');
}

function adminOf({ adminUrl }: RedisAclSettings): string {
  return decodeURIComponent(new URL(adminUrl).username) || 'default';
}
