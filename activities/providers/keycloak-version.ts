import type { Credential, SecretRef, SecretVersion } from '../../domain/credential';
import { IncidentError } from '../../domain/errors';
import { signProbe, type FingerprintKey } from '../../domain/fingerprint';
import type { SecretStore } from '../../domain/ports/stores';
import type { OauthClientMaterial } from '../../domain/secret-material';
import { beside, readBeside } from './beside-value';
import { placesOf, type KeycloakClientSettings } from './keycloak-account';
import { keptOf } from './oauth-kept';
import { oauthTokens } from './oauth-tokens';

interface Place {
  readonly settings: KeycloakClientSettings;
  readonly credential: Credential;
  readonly secrets: SecretStore;
  readonly ref: SecretRef;
  readonly fingerprintKey: FingerprintKey;
  readonly signal: AbortSignal;
}

/** One secret of a client as the secret store knows it, and what it gets at the realm. */
export function keycloakVersion({ settings, credential, secrets, ref, fingerprintKey, signal }: Place) {
  const kept = keptOf(secrets, ref);
  const { token: tokenUrl, introspection, revocation } = placesOf(settings.realmUrl);
  const mark = signProbe(`keycloak-client/${credential.id}`, Date.now(), fingerprintKey);

  /** The realm tells a client of its own tokens; whoever asks must be let in now. */
  const tokensAs = ({ clientId, clientSecret, authMethod }: OauthClientMaterial) =>
    oauthTokens(
      {
        tokenUrl,
        revocationUrl: revocation,
        introspection: { url: introspection, clientId, clientSecret, authMethod },
      },
      mark,
      signal,
    );

  async function material(): Promise<OauthClientMaterial> {
    const found = await kept.material();
    if (!found) throw new IncidentError('SECRET_NOT_FOUND', { path: ref.path, version: ref.version });
    return found;
  }

  async function present() {
    const own = await material();
    return tokensAs(own).request(own, credential.scopes);
  }

  return {
    kept,
    material,
    present,

    /** Before it is taken away: a token that was seen to work, to be looked at again. Gives how long it took to get it, in milliseconds. */
    async keepWitness(): Promise<number> {
      const own = await material();
      const asked = performance.now();
      const answer = await present();
      const tookMs = performance.now() - asked;
      const token = answer.is === 'accepted' ? answer.token : undefined;
      const isSeen = token !== undefined && (await tokensAs(own).isActive(token)) === true;
      const until = Date.now() + (answer.is === 'accepted' ? (answer.seconds ?? 0) : 0) * 1_000;
      await kept.keepWitness(isSeen ? { token, until } : undefined);
      return tookMs;
    },

    /** Whether the witness works still, as the holder of another secret of the client is told; undefined where there is none, or nobody says. */
    async isWitnessActive(as: OauthClientMaterial): Promise<boolean | undefined> {
      const witness = await kept.witness();
      return witness && tokensAs(as).isActive(witness.token);
    },

    /** Ends a token that a check of ours was given. */
    async endToken(answer: Awaited<ReturnType<typeof present>>): Promise<void> {
      const own = await material();
      await tokensAs(own).end(answer, own);
    },

    /** From before it is taken away until it is released: a late mint must not put it back. Its tokens are not known to be ended then. */
    async keepRefused(): Promise<void> {
      await secrets.destroy(beside(ref, 'gone'));
      await secrets.putIfAbsent(beside(ref, 'refused'), 'refused');
    },
    isRefused: async () => (await readBeside(secrets, ref, 'refused')) !== undefined,

    /** It was taken away, and the tokens from before that second are ended. */
    async keepTokensEnded(notBefore: number): Promise<void> {
      await secrets.putIfAbsent(beside(ref, 'gone'), `${notBefore}`);
    },

    /** That second; undefined where they are not known to be ended. */
    tokensEndedAt: () => kept.goneAt(),

    /** It will get tokens again, of which what is known now says nothing. */
    async forgetRefusal(): Promise<void> {
      for (const name of ['last-token', 'gone', 'refused'] as const) await secrets.destroy(beside(ref, name));
    },
  };
}

export type KeycloakVersion = ReturnType<typeof keycloakVersion>;

/** What a version is called: Keycloak has no name for one of two secrets. */
export function keycloakName({ principal }: Credential, { version }: Pick<SecretVersion, 'version'>): string {
  return `${principal}_v${version}`;
}
