import type { Credential, SecretRef } from '../../domain/credential';
import { IncidentError } from '../../domain/errors';
import type { SecretStore } from '../../domain/ports/stores';
import type { OauthClientMaterial } from '../../domain/secret-material';
import type { OauthClientSettings } from './oauth-account';
import { keptOf } from './oauth-kept';
import { oauthRegistrar, type Registration } from './oauth-registration';
import { oauthTokens } from './oauth-tokens';

interface Place {
  readonly settings: OauthClientSettings;
  readonly credential: Credential;
  readonly secrets: SecretStore;
  readonly ref: SecretRef;
  readonly mark: string;
  readonly signal: AbortSignal;
}

export type OauthFound = 'active' | 'disabled' | 'absent';

/** One client at its server, with what is kept of it. */
export function oauthPlace({ settings, credential, secrets, ref, mark, signal }: Place) {
  const registrar = oauthRegistrar(settings, credential, signal);
  const tokens = oauthTokens(settings, mark, signal);
  const kept = keptOf(secrets, ref);
  const { account, scopes } = credential;
  const unavailable = (reply: string) => new IncidentError('PROVIDER_UNAVAILABLE', { account, reply });
  const denied = () =>
    new IncidentError('PROVIDER_ADMIN_DENIED', { account, reply: 'its registration access token is not taken' });

  async function material(): Promise<OauthClientMaterial> {
    const found = await kept.material();
    if (!found) throw new IncidentError('SECRET_NOT_FOUND', { path: ref.path, version: ref.version });
    return found;
  }

  const present = async () => tokens.request(await material(), scopes);

  async function managed(): Promise<Registration> {
    const found = await kept.registration();
    if (!found) throw denied();
    return found;
  }

  /** A server has one answer for a client that is gone and a token that it does not take: which it is, the secret tells. */
  async function find(): Promise<OauthFound> {
    const made = await kept.registration();
    const found = made ? await registrar.read(made) : 'not taken';
    if (found !== 'not taken') return found;
    if (!(await kept.material())) return 'absent';
    const { is } = await present();
    if (is === 'no answer') throw unavailable('nobody says whether it is there');
    if (is !== 'refused') throw denied();
    return 'absent';
  }

  /** Another attempt may be ahead: one client is kept, and this one's is ended. What is kept first is how it is managed, with its secret. */
  async function mint(name: string) {
    let made = await kept.registration();
    if (!made) {
      const fresh = await registrar.register(name);
      if (await kept.keepRegistration(fresh)) made = fresh;
      else await registrar.remove(fresh);
      made ??= await managed();
    }
    const { client_id: clientId, client_secret: clientSecret } = made.metadata;
    const { tokenUrl, authMethod } = settings;
    const kind = 'oauth-client' as const;
    const isNew = (await kept.keepMaterial({ kind, tokenUrl, authMethod, clientId, clientSecret })) === 'stored';
    return { state: isNew ? ('done' as const) : ('already' as const), material: await material() };
  }

  return {
    settings,
    secrets,
    ref,
    registrar,
    tokens,
    kept,
    unavailable,
    denied,
    material,
    present,
    managed,
    find,
    mint,

    async remove(): Promise<void> {
      await registrar.remove(await managed());
    },

    /** Before it is given none any more: whether this one works later tells of all that it was given before. */
    async keepLastToken(): Promise<void> {
      if (!(await kept.material())) return;
      const answer = await present();
      if (answer.is === 'accepted' && answer.token !== undefined) await kept.keepLastToken(answer.token);
    },
  };
}

export type OauthPlace = ReturnType<typeof oauthPlace>;
