import type { Credential, SecretRef } from '../../domain/credential';
import { IncidentError } from '../../domain/errors';
import type { SecretStore } from '../../domain/ports/stores';
import type { OauthClientMaterial } from '../../domain/secret-material';
import type { OauthClientSettings } from './oauth-account';
import { keptOf } from './oauth-kept';
import { oauthRegistrar, type Registration } from './oauth-registration';
import { oauthTokens, type TokenAnswer } from './oauth-tokens';

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
  const { tokenUrl, authMethod } = settings;
  const unavailable = (reply: string, retryAfterMs?: number) =>
    new IncidentError('PROVIDER_UNAVAILABLE', { account, reply, retryAfterMs });
  const denied = () =>
    new IncidentError('PROVIDER_ADMIN_DENIED', { account, reply: 'its registration access token is not taken' });

  const materialOf = ({ clientId, clientSecret }: Registration): OauthClientMaterial => ({
    kind: 'oauth-client',
    tokenUrl,
    authMethod,
    clientId,
    clientSecret,
  });

  /** What may not be stored yet stands in how it is managed, too. */
  async function known(): Promise<OauthClientMaterial | undefined> {
    const stored = await kept.material();
    if (stored) return stored;
    const made = await kept.registration();
    return made && materialOf(made);
  }

  async function material(): Promise<OauthClientMaterial> {
    const found = await known();
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
    const client = await known();
    if (!client) return 'absent';
    const answer = await tokens.request(client, scopes);
    if (answer.is === 'no answer') throw unavailable('nobody says whether it is there', answer.retryAfterMs);
    if (answer.is !== 'refused') throw denied();
    return 'absent';
  }

  /** Whoever will be asked later must have seen it work: some say of every token of another that it is not active. */
  async function keepWitness(answer: TokenAnswer): Promise<void> {
    // What it was given before it lost its grant, or was gone, is what counts.
    if (answer.is === 'no grant' || answer.is === 'refused') return;
    const token = answer.is === 'accepted' ? answer.token : undefined;
    const seconds = (answer.is === 'accepted' ? answer.seconds : undefined) ?? settings.tokenSeconds;
    const isSeen = token !== undefined && (await tokens.isActive(token)) === true;
    await kept.keepWitness(isSeen ? { token, until: Date.now() + seconds * 1_000 } : undefined);
  }

  return {
    settings,
    registrar,
    tokens,
    kept,
    unavailable,
    denied,
    material,
    present,
    managed,
    find,
    keepWitness,

    /** Another attempt may be ahead: one client is kept, and this one's is ended. Undefined where none may be kept any more. */
    async mint(name: string) {
      let made = await kept.registration();
      if (!made) {
        const fresh = await registrar.register(name);
        if (await kept.keepRegistration(fresh)) made = fresh;
        else await registrar.remove(fresh);
      }
      made ??= await kept.registration();
      if (!made) return undefined;
      const isNew = (await kept.keepMaterial(materialOf(made))) === 'stored';
      return { state: isNew ? ('done' as const) : ('already' as const), material: await material() };
    },

    async remove(): Promise<void> {
      await registrar.remove(await managed());
    },

    /** Before it is given none any more. */
    async lookBeforeTheEnd(): Promise<void> {
      const client = await known();
      if (client) await keepWitness(await tokens.request(client, scopes));
    },
  };
}

export type OauthPlace = ReturnType<typeof oauthPlace>;
