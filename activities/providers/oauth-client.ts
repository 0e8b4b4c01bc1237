import type { Credential, SecretVersion } from '../../domain/credential';
import { IncidentError } from '../../domain/errors';
import { signProbe, type FingerprintKey } from '../../domain/fingerprint';
import type { CredentialProvider } from '../../domain/ports/credential-provider';
import type { CallContext, Effect } from '../../domain/ports/effect';
import type { SecretStore } from '../../domain/ports/stores';
import { accountOf } from './account-of';
import { effect } from './effect';
import { knownBy } from './known-by';
import { OAUTH_CLIENT, type OauthClientSettings } from './oauth-account';
import { oauthPlace, type OauthPlace } from './oauth-place';
import { proveClientDead } from './oauth-proof';
import { oauthRegistrar } from './oauth-registration';
import type { TokenAnswer } from './oauth-tokens';
import { isEnded, markEnded } from './tombstone';
import { tryForToken } from './try-for-token';

/**
 * Clients of an OAuth 2 authorization server, which get tokens with a secret (RFC 6749, 4.4). A version is a client of its own, so that old and new live side
 * by side. Refused for now, it has no grant; revoked, it is deleted. Neither is believed for its answer: the secret is presented, and so is the last token.
 */
export function createOauthClientProvider(
  accounts: ReadonlyMap<string, OauthClientSettings>,
  secrets: SecretStore,
  fingerprintKeys: readonly [FingerprintKey, ...FingerprintKey[]],
): CredentialProvider {
  const settingsOf = (credential: Pick<Credential, 'account'>): OauthClientSettings =>
    accountOf(accounts, 'oauth-client', credential);

  function placeOf(
    credential: Credential,
    { secret }: Pick<SecretVersion, 'secret'>,
    { signal }: CallContext,
  ): OauthPlace {
    const settings = settingsOf(credential);
    const mark = signProbe(`oauth-client/${credential.id}`, Date.now(), fingerprintKeys[0]);
    return oauthPlace({ settings, credential, secrets, ref: secret, mark, signal });
  }

  async function end(place: OauthPlace, { publicId: id, secret }: SecretVersion): Promise<Effect> {
    await place.lookBeforeTheEnd();
    await markEnded(secrets, secret);
    const found = await place.find();
    if (found !== 'absent') await place.remove();
    if ((await place.find()) !== 'absent') throw place.unavailable('still there');
    await place.kept.keepGone();
    return found === 'absent'
      ? effect('already', `there is no client ${id}`)
      : effect('done', `client ${id} is deleted`);
  }

  return {
    id: 'oauth-client',
    capabilities: OAUTH_CLIENT,

    async probeAccount(account, { signal }) {
      await oauthRegistrar(settingsOf({ account }), { account, scopes: [] }, signal).probe();
      return effect('already', `clients may be registered at ${account}`);
    },

    async probe(credential, context) {
      await oauthRegistrar(settingsOf(credential), credential, context.signal).probe();
      return effect('already', `clients may be registered at ${credential.account}`);
    },

    async quarantine(credential, version, context) {
      const place = placeOf(credential, version, context);
      const { publicId: id } = version;
      const found = await place.find();
      if (found !== 'active') return effect('already', `client ${id} is ${found}`);
      await place.lookBeforeTheEnd();
      await place.registrar.disable(await place.managed());
      // What the server says of it is not what it does.
      const answer = await place.present();
      await place.keepWitness(answer);
      if (answer.is === 'accepted' || (await place.find()) === 'active') throw place.unavailable('still active');
      return effect('done', `client ${id} is given no tokens; those that it has are not ended by that`);
    },

    async release(credential, version, context) {
      const place = placeOf(credential, version, context);
      const { publicId: id } = version;
      const final = () => new IncidentError('CONTAINMENT_FINAL', { credential: credential.id, version: id });
      const found = await place.find();
      if (found === 'absent' || (await isEnded(secrets, version.secret))) throw final();
      if (found === 'active') return effect('already', `client ${id} is active`);
      // It knows nothing of what will be given from now on.
      await place.kept.keepWitness(undefined);
      await place.registrar.enable(await place.managed());
      // Revoked between the two looks: the door that was opened is shut again.
      if (await isEnded(secrets, version.secret)) {
        await place.remove();
        throw final();
      }
      return effect('done', `client ${id} is given tokens again`);
    },

    async createReplacement(credential, { version, secret: ref }, context) {
      const place = placeOf(credential, { secret: ref }, context);
      const contained = () =>
        new IncidentError('PROVIDER_REFUSED', { account: credential.account, version, found: 'contained' });
      if (await isEnded(secrets, ref)) throw contained();
      const minted = await place.mint(`tourniquet ${credential.id} v${version}`);
      if (!minted) throw contained();
      const { clientId, clientSecret } = minted.material;
      // A late attempt must not bring back what was contained since.
      if (await isEnded(secrets, ref)) {
        await place.remove();
        throw contained();
      }
      const found = await place.find();
      if (found === 'disabled') throw contained();
      if (found === 'absent') throw place.unavailable('not found');
      return {
        state: minted.state,
        value: {
          publicId: clientId,
          subjects: knownBy(
            { provider: 'oauth-client', account: credential.account, id: clientId },
            clientSecret,
            fingerprintKeys,
          ),
          secret: ref,
        },
        evidence: `client ${clientId}`,
      };
    },

    async test(credential, version, context) {
      const { present, find, tokens, material } = placeOf(credential, version, context);
      const { publicId: id } = version;
      if ((await find()) !== 'active')
        throw new IncidentError('REPLACEMENT_REJECTED', { version: id, reply: 'it is given no tokens' });
      const endToken = async (answer: TokenAnswer) => tokens.end(answer, await material());
      await tryForToken(credential, id, { present, endToken });
      return effect('done', `client ${id} is given a token`);
    },

    revoke: async (credential, version, context) => end(placeOf(credential, version, context), version),

    async discard(credential, version, context) {
      const place = placeOf(credential, version, context);
      if (version.publicId) return end(place, version);
      // In this order: what was made before is found, and what is made later finds that it is ended.
      await markEnded(secrets, version.secret);
      await place.kept.keepNoRegistration();
      const made = await place.kept.registration();
      if (made) return end(place, { ...version, publicId: made.clientId });
      return effect('already', 'no client is known: nobody has the secret of one whose answer was lost');
    },

    verifyDead: async (credential, old, control, context) =>
      proveClientDead(
        placeOf(credential, old, context),
        placeOf(credential, control, context),
        await isEnded(secrets, old.secret),
      ),
  };
}
