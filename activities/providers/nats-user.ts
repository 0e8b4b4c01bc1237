import { fromPublic } from '@nats-io/nkeys';
import type { NatsConnection } from '@nats-io/transport-node';
import type { Credential, SecretVersion } from '../../domain/credential';
import { IncidentError } from '../../domain/errors';
import { signProbe, type FingerprintKey } from '../../domain/fingerprint';
import type { CredentialProvider } from '../../domain/ports/credential-provider';
import type { CallContext, Effect } from '../../domain/ports/effect';
import type { InTurn, SecretStore } from '../../domain/ports/stores';
import { natsSeed, parseMaterial, type NatsUserMaterial } from '../../domain/secret-material';
import { accountOf } from './account-of';
import { adoptionRefused } from './adoption';
import { effect } from './effect';
import { knownBy } from './known-by';
import { NATS_USER, type NatsUserSettings } from './nats-account';
import { natsClaims, type NatsClaims } from './nats-claims';
import { presentUser, type NatsLogin } from './nats-connection';
import { userOfCreds } from './nats-creds';
import { makeNatsUser } from './nats-mint';
import { isEnded, markEnded } from './tombstone';
import { unlessMissing } from './unless-missing';

const SESSIONS_END_WITHIN_MS = 3_000;
const LOOK_EVERY_MS = 100;

/**
 * Users of a NATS account in operator mode: a version is a key with a JWT of its own, which is good until the account's JWT revokes it. Servers know of no
 * user before it connects, so that a version is ended stands in the secret store.
 */
export function createNatsUserProvider(
  accounts: ReadonlyMap<string, NatsUserSettings>,
  secrets: SecretStore,
  inTurn: InTurn,
  fingerprintKeys: readonly [FingerprintKey, ...FingerprintKey[]],
): CredentialProvider {
  const claimsOf = (credential: Pick<Credential, 'account'>, { signal }: CallContext): NatsClaims => {
    const settings = accountOf(accounts, 'nats-user', credential);
    return natsClaims({ settings, account: credential.account, signal, inTurn });
  };

  async function probeAccount(account: string, context: CallContext): Promise<Effect> {
    await claimsOf({ account }, context).mustBeOurs();
    return effect('already', `the account is signed with our key, and can be changed`);
  }

  async function storedOf({ secret }: Pick<SecretVersion, 'secret'>): Promise<NatsUserMaterial | undefined> {
    const text = await unlessMissing(() => secrets.get(secret));
    return text === undefined ? undefined : parseMaterial('nats-user', text);
  }

  async function loginOf({ secret }: SecretVersion): Promise<NatsLogin> {
    const { url, creds } = parseMaterial('nats-user', await secrets.get(secret));
    return { url, creds, name: signProbe('nats-user', Date.now(), fingerprintKeys[0]) };
  }

  async function untilNoSession(claims: NatsClaims, credential: Credential, user: string): Promise<void> {
    const until = Date.now() + SESSIONS_END_WITHIN_MS;
    while ((await claims.connections(user)) > 0) {
      if (Date.now() > until)
        throw new IncidentError('PROVIDER_UNAVAILABLE', { account: credential.account, reply: 'sessions are open' });
      await new Promise((resolve) => setTimeout(resolve, LOOK_EVERY_MS));
    }
  }

  /** Refuses it, and looks again: the answer to an update proves nothing. */
  async function refuse(claims: NatsClaims, credential: Credential, user: string): Promise<void> {
    await claims.revoke(user);
    if (!(await claims.isRevoked(user)))
      throw new IncidentError('PROVIDER_UNAVAILABLE', { account: credential.account, reply: 'not revoked' });
    await untilNoSession(claims, credential, user);
  }

  async function end(credential: Credential, version: SecretVersion, context: CallContext): Promise<Effect> {
    const { publicId: user, secret } = version;
    if (!isUserKey(user)) return effect('already', `${user} is no user of NATS`);
    const claims = claimsOf(credential, context);
    const isRevoked = await claims.isRevoked(user);
    const wasEnded = await isEnded(secrets, secret);
    await markEnded(secrets, secret);
    if (isRevoked && wasEnded) return effect('already', `user ${user} is revoked`);
    await refuse(claims, credential, user);
    return effect('done', `user ${user} is revoked, and has no connection`);
  }

  const subjectsOf = ({ account }: Credential, { user, creds }: NatsUserMaterial) =>
    knownBy({ provider: 'nats-user', account, id: user }, natsSeed(creds), fingerprintKeys);

  return {
    id: 'nats-user',
    capabilities: NATS_USER,

    probeAccount,

    probe: ({ account }, context) => probeAccount(account, context),

    async quarantine(credential, { publicId: user }, context) {
      const claims = claimsOf(credential, context);
      if (await claims.isRevoked(user)) {
        await untilNoSession(claims, credential, user);
        return effect('already', `user ${user} is refused`);
      }
      await refuse(claims, credential, user);
      return effect('done', `user ${user} is refused, and has no connection`);
    },

    async release(credential, version, context) {
      const { publicId: user, secret } = version;
      const final = () => new IncidentError('CONTAINMENT_FINAL', { credential: credential.id, version: user });
      const claims = claimsOf(credential, context);
      const isRevoked = await claims.isRevoked(user);
      if (!isUserKey(user)) throw final();
      if (await isEnded(secrets, secret)) {
        // An attempt that died between the two looks may have let it in.
        if (!isRevoked) await refuse(claims, credential, user);
        throw final();
      }
      if (!isRevoked) return effect('already', `user ${user} is not refused`);
      await claims.restore(user);
      // Revoked between the two looks: the door that was opened is shut again.
      if (await isEnded(secrets, secret)) {
        await refuse(claims, credential, user);
        throw final();
      }
      return effect('done', `user ${user} is let in again`);
    },

    adopt(credential, found) {
      const settings = accountOf(accounts, 'nats-user', credential);
      const { user, isRestricted } = userOfCreds(found.value, settings.account);
      if (isRestricted && credential.scopes.length === 0)
        throw adoptionRefused(
          'its rights are narrower than the account’s: say them as scopes, or its replacement has more',
        );
      if (found.publicId !== undefined && found.publicId !== user)
        throw adoptionRefused('publicId is not the user of these credentials: leave it out');
      const material = { kind: 'nats-user' as const, url: settings.url, user, creds: found.value };
      return { publicId: user, subjects: subjectsOf(credential, material), material };
    },

    async createReplacement(credential, { version, secret: ref }, context) {
      const { account } = credential;
      const contained = () => new IncidentError('PROVIDER_REFUSED', { account, version, found: 'contained' });
      const claims = claimsOf(credential, context);
      /** Who undid it may have found nothing to revoke. */
      const refuseStored = async (): Promise<never> => {
        const stored = await storedOf({ secret: ref });
        if (stored) await refuse(claims, credential, stored.user);
        throw contained();
      };
      if (await isEnded(secrets, ref)) return refuseStored();
      // Whether the server is there, and whether what will be made could be ended.
      await claims.mustBeOurs();
      const fresh = await makeNatsUser(accountOf(accounts, 'nats-user', credential), credential, version);
      const state = (await secrets.putIfAbsent(ref, JSON.stringify(fresh))) === 'stored' ? 'done' : 'already';
      if (await isEnded(secrets, ref)) return refuseStored();
      const material = parseMaterial('nats-user', await secrets.get(ref));
      if (await claims.isRevoked(material.user)) throw contained();
      return {
        state,
        value: {
          publicId: material.user,
          subjects: subjectsOf(credential, material),
          secret: ref,
        },
        evidence: `user ${material.user}`,
      };
    },

    async test(credential, version, { signal }) {
      const listens = credential.scopes.filter((scope) => scope.startsWith('sub:')).map((scope) => scope.slice(4));
      const answer = await presentUser(await loginOf(version), signal, (nats) => listenTo(nats, listens));
      if (answer === 'accepted') return effect('done', `user ${version.publicId} connects`);
      const code = answer === 'refused' ? 'REPLACEMENT_REJECTED' : 'PROVIDER_UNAVAILABLE';
      throw new IncidentError(code, { account: credential.account, version: version.publicId });
    },

    revoke: end,

    async discard(credential, version, context) {
      if (version.publicId) return end(credential, version, context);
      // In this order: what is stored later finds that it is ended.
      await markEnded(secrets, version.secret);
      const stored = await storedOf(version);
      if (!stored) return effect('already', 'was never minted');
      const claims = claimsOf(credential, context);
      if (await claims.isRevoked(stored.user)) return effect('already', `user ${stored.user} is revoked`);
      await refuse(claims, credential, stored.user);
      return effect('done', `user ${stored.user} is revoked`);
    },

    async verifyDead(credential, old, control, context) {
      const claims = claimsOf(credential, context);
      const isRevoked = await claims.isRevoked(old.publicId);
      const sessions = await claims.connections(old.publicId);
      const oldAnswer = await presentUser(await loginOf(old), context.signal);
      const controlAnswer = await presentUser(await loginOf(control), context.signal);
      const base = {
        proof: 'presented',
        sessions,
        evidence: `old ${oldAnswer}, control ${controlAnswer}, ${sessions} sessions, ${isRevoked ? '' : 'NOT '}revoked by the account`,
        ...(oldAnswer === 'refused' ? { oldRefused: true as const } : {}),
        ...(controlAnswer === 'refused' ? { controlRefused: true as const } : {}),
      } as const;
      if (oldAnswer === 'accepted' || sessions > 0) return { ...base, verdict: 'alive' };
      const isDead = oldAnswer === 'refused' && controlAnswer === 'accepted' && isRevoked;
      return { ...base, verdict: isDead ? 'dead' : 'unknown' };
    },
  };
}

/** A right that is missing is told by the server after the subscription, and ends it. */
async function listenTo(nats: NatsConnection, subjects: readonly string[]): Promise<void> {
  const open = subjects.map((subject) => nats.subscribe(subject));
  await nats.flush();
  for (const subscription of open) subscription.unsubscribe();
}

function isUserKey(text: string): boolean {
  try {
    return text.startsWith('U') && fromPublic(text).getPublicKey() === text;
  } catch {
    return false;
  }
}
