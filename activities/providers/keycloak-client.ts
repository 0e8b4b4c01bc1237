import { randomBytes } from 'node:crypto';
import type { Credential, SecretRef, SecretVersion } from '../../domain/credential';
import { IncidentError } from '../../domain/errors';
import type { FingerprintKey } from '../../domain/fingerprint';
import type { CredentialProvider } from '../../domain/ports/credential-provider';
import type { CallContext, Effect } from '../../domain/ports/effect';
import type { InTurn, SecretStore } from '../../domain/ports/stores';
import type { OauthClientMaterial } from '../../domain/secret-material';
import { accountOf } from './account-of';
import { adoptionRefused } from './adoption';
import { effect } from './effect';
import { tryForToken } from './try-for-token';
import { KEYCLOAK_CLIENT, placesOf, type KeycloakClientSettings } from './keycloak-account';
import { keycloakAdmin, type KeycloakAdmin } from './keycloak-admin';
import { proveSecretDead } from './keycloak-proof';
import { holds, withNew, without, withOld } from './keycloak-slots';
import { keycloakName, keycloakVersion, type KeycloakVersion } from './keycloak-version';
import { knownBy } from './known-by';
import { isEnded, markEnded } from './tombstone';

/** A request for a token that came before its secret was taken away may be answered after it: each is given three times as long as ours took just before. */
const LATE_TOKENS = { times: 3, leastMs: 100, mostMs: 3_000 } as const;

/**
 * Secrets of one client of Keycloak, of which two work at once: a version is one of them. The client, its roles and its scopes are there before, and stay.
 * What is refused, or ended, stands in the secret store, since Keycloak remembers no secret that was taken away.
 */
export function createKeycloakClientProvider(
  accounts: ReadonlyMap<string, KeycloakClientSettings>,
  secrets: SecretStore,
  inTurn: InTurn,
  fingerprintKeys: readonly [FingerprintKey, ...FingerprintKey[]],
): CredentialProvider {
  const settingsOf = (credential: Pick<Credential, 'account'>): KeycloakClientSettings =>
    accountOf(accounts, 'keycloak-client', credential);

  const adminOf = (credential: Credential, { signal }: CallContext): KeycloakAdmin => {
    const { account, principal: clientId } = credential;
    return keycloakAdmin({ settings: settingsOf(credential), account, clientId, signal });
  };

  const versionAt = (credential: Credential, ref: SecretRef, { signal }: CallContext): KeycloakVersion =>
    keycloakVersion({
      ...{ settings: settingsOf(credential), credential, secrets, ref, signal },
      fingerprintKey: fingerprintKeys[0],
    });

  /** A client is read and written as a whole: two at once would take each other's change back. */
  const alone = <T>({ account, principal }: Credential, work: () => Promise<T>): Promise<T> =>
    inTurn(`keycloak-client/${account}/${principal}`, work);

  const materialOf = (credential: Credential, clientSecret: string): OauthClientMaterial => {
    const { realmUrl, authMethod } = settingsOf(credential);
    const tokenUrl = placesOf(realmUrl).token;
    return { kind: 'oauth-client', tokenUrl, authMethod, clientId: credential.principal, clientSecret };
  };

  const subjectsOf = ({ account }: Credential, publicId: string, value: string) =>
    knownBy({ provider: 'keycloak-client', account, id: publicId }, value, fingerprintKeys);

  /** Takes the secret away, and looks again: the answer to an update proves nothing. */
  async function takeAway(admin: KeycloakAdmin, value: string): Promise<void> {
    const { slots } = await admin.look();
    if (holds(slots, value)) await admin.put(without(slots, value));
    if (holds((await admin.look()).slots, value)) throw admin.unavailable('still there');
  }

  async function refuse(
    credential: Credential,
    version: SecretVersion,
    context: CallContext,
    forGood: boolean,
  ): Promise<Effect> {
    const { publicId, secret } = version;
    const admin = adminOf(credential, context);
    if (publicId !== keycloakName(credential, version)) return effect('already', `there is no ${publicId}`);
    const place = versionAt(credential, secret, context);
    const { clientSecret: value } = await place.material();
    const wasEnded = await isEnded(secrets, secret);
    if (forGood) await markEnded(secrets, secret);
    const word = forGood ? 'taken away for good' : 'taken away';
    return alone(credential, async () => {
      // With a client its secrets and its tokens are gone.
      if (!(await admin.isThere())) {
        // Our admin may look in another realm than its users.
        if ((await place.present()).is !== 'refused') throw admin.unavailable('perhaps let in');
        return effect('already', `there is no client ${credential.principal}`);
      }
      const { slots, notBefore: since } = await admin.look();
      const isThere = holds(slots, value);
      // Who sets the client's `notBefore` back lets tokens in again.
      if (!isThere && since >= ((await place.tokensEndedAt()) ?? Infinity))
        return effect(forGood && !wasEnded ? 'done' : 'already', `${publicId} is ${word}, its tokens are ended`);
      await place.keepRefused();
      // An attempt before has taken it away, and knew how slow Keycloak is.
      const tookMs = isThere ? await place.keepWitness() : LATE_TOKENS.mostMs;
      await takeAway(admin, value);
      // What its record says is not what it does.
      if ((await place.present()).is === 'accepted') throw admin.unavailable('still let in');
      await late(tookMs);
      const notBefore = await admin.endTokens();
      if ((await admin.look()).notBefore < notBefore) throw admin.unavailable('tokens are not ended');
      await place.keepTokensEnded(notBefore);
      return effect('done', `${publicId} is ${word}, and the tokens of client ${credential.principal} are ended`);
    });
  }

  return {
    id: 'keycloak-client',
    capabilities: KEYCLOAK_CLIENT,
    ownsPrincipal: true,

    async probeAccount(account, { signal }) {
      await keycloakAdmin({ settings: settingsOf({ account }), account, clientId: '', signal }).mustSeeClients();
      return effect('already', 'our admin may see the clients of the realm');
    },

    async probe(credential, context) {
      const admin = adminOf(credential, context);
      if (!(await admin.look()).isRotating) throw admin.refused(NO_POLICY);
      return effect('already', `our admin may change the secrets of ${credential.principal}, which may have two`);
    },

    quarantine: (credential, version, context) => refuse(credential, version, context, false),

    release(credential, version, context) {
      const { publicId, secret } = version;
      const admin = adminOf(credential, context);
      const place = versionAt(credential, secret, context);
      const final = () => new IncidentError('CONTAINMENT_FINAL', { credential: credential.id, version: publicId });
      return alone(credential, async () => {
        const value = (await place.kept.material())?.clientSecret;
        const { slots } = await admin.look();
        if (value === undefined || (await isEnded(secrets, secret))) throw final();
        if (holds(slots, value)) return effect('already', `${publicId} is let in`);
        const next = withOld(slots, value);
        if (!next) throw admin.refused('two other secrets');
        await place.forgetRefusal();
        await admin.put(next);
        if (!holds((await admin.look()).slots, value)) throw admin.unavailable('not there');
        // Revoked between the two looks: the door that was opened is shut again.
        if (!(await isEnded(secrets, secret))) return effect('done', `${publicId} is let in again`);
        await takeAway(admin, value);
        throw final();
      });
    },

    adopt(credential, found) {
      const publicId = keycloakName(credential, found);
      // Keycloak has no name for a secret: what a person takes for one would name nothing.
      if (found.publicId !== undefined && found.publicId !== publicId)
        throw adoptionRefused(`publicId is always ${publicId} here: leave it out`);
      const material = materialOf(credential, found.value);
      return { publicId, subjects: subjectsOf(credential, publicId, found.value), material };
    },

    async inspect(credential, version, context) {
      const { clientSecret } = await versionAt(credential, version.secret, context).material();
      const { slots } = await adminOf(credential, context).look();
      if (!holds(slots, clientSecret)) throw adoptionRefused('the client’s record does not hold this secret');
    },

    async createReplacement(credential, { version, secret: ref }, context) {
      const admin = adminOf(credential, context);
      const place = versionAt(credential, ref, context);
      const publicId = keycloakName(credential, { version });
      // Before the value is stored: an undo must know whether Keycloak may have been told.
      await admin.look();
      const fresh = materialOf(credential, randomBytes(32).toString('base64url'));
      if (!(await isEnded(secrets, ref))) await place.kept.keepMaterial(fresh);
      const state = await alone(credential, async () => {
        // A late attempt must not bring back what was contained since.
        if ((await isEnded(secrets, ref)) || (await place.isRefused())) throw admin.refused('contained');
        const { clientSecret: value } = await place.material();
        const before = await admin.look();
        // What would be refused in any case must not cost those who use the second secret.
        const isFull = !holds(before.slots, value) && !withNew(before.slots, value);
        if (isFull) throw admin.refused(before.isRotating ? 'two secrets already' : NO_POLICY);
        // Asked by trying: where no policy applies, any update takes the second secret away, and with it those who use it.
        const { slots, isRotating } = await admin.touch();
        if (holds(slots, value)) return 'already';
        if (!isRotating) throw admin.refused(NO_POLICY);
        const next = withNew(slots, value);
        if (!next) throw admin.refused('two secrets already');
        await admin.put(next);
        const after = await admin.look();
        if (!holds(after.slots, value)) throw admin.unavailable('not there');
        if (!(await isEnded(secrets, ref))) return 'done';
        await takeAway(admin, value);
        throw admin.refused('contained');
      });
      const { clientSecret } = await place.material();
      return {
        state,
        value: { publicId, subjects: subjectsOf(credential, publicId, clientSecret), secret: ref },
        evidence: `a secret of client ${credential.principal} more`,
      };
    },

    async test(credential, version, context) {
      const { publicId } = version;
      await tryForToken(credential, publicId, versionAt(credential, version.secret, context));
      return effect('done', `${publicId} gets a token`);
    },

    revoke: (credential, version, context) => refuse(credential, version, context, true),

    async discard(credential, version, context) {
      if (version.publicId) return refuse(credential, version, context, true);
      const place = versionAt(credential, version.secret, context);
      // In this order: what is stored later finds that it is ended.
      if ((await place.kept.material()) === undefined) {
        await markEnded(secrets, version.secret);
        if ((await place.kept.material()) === undefined) return effect('already', 'was never minted');
      }
      return refuse(credential, { ...version, publicId: keycloakName(credential, version) }, context, true);
    },

    verifyDead: (credential, old, control, context) =>
      proveSecretDead(
        adminOf(credential, context),
        versionAt(credential, old.secret, context),
        versionAt(credential, control.secret, context),
      ),
  };
}

const NO_POLICY = 'no policy with the executor secret-rotation';

function late(tookMs: number): Promise<void> {
  const { times, leastMs, mostMs } = LATE_TOKENS;
  return new Promise((resolve) => setTimeout(resolve, Math.min(mostMs, Math.max(leastMs, times * tookMs))));
}
