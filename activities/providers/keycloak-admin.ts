import { z } from 'zod';
import { basicCredentials } from '../../domain/basic-credentials';
import { IncidentError } from '../../domain/errors';
import { parseJson } from '../../domain/parse-json';
import { adminAnswer, sendHttp, type HttpAnswer } from './http-send';
import { adminPlaceOf, placesOf, type KeycloakClientSettings } from './keycloak-account';
import type { Slots } from './keycloak-slots';

/** What Keycloak says of a client; all else is sent back as it is, since what an update leaves out may be taken away (service accounts, authorization). */
const representation = z.looseObject({
  id: z.string().min(1),
  clientId: z.string().min(1),
  clientAuthenticatorType: z.string(),
  publicClient: z.boolean().optional(),
  secret: z.string().optional(),
  notBefore: z.number().int().default(0),
  attributes: z.record(z.string(), z.string()).default({}),
  access: z.object({ manage: z.boolean().optional() }).optional(),
});
type Representation = z.infer<typeof representation>;

const granted = z.object({ access_token: z.string().min(1) });
const claims = z.object({ iat: z.number().int() });

/** Where Keycloak keeps the second secret of a client. */
const ROTATED = 'client.secret.rotated';
const ROTATED_AT = 'client.secret.rotated.creation.time';
const ROTATED_UNTIL = 'client.secret.rotated.expiration.time';
const CURRENT_AT = 'client.secret.creation.time';
/** Set by the policy, and taken away with the second secret by any update of a client that no policy applies to. */
const CURRENT_UNTIL = 'client.secret.expiration.time';
/** An empty one is removed. */
const NO_ROTATED = { [ROTATED]: '', [ROTATED_AT]: '', [ROTATED_UNTIL]: '' };
const MASKED = /^\*+$/;
/** One that stands elsewhere can't be changed here, nor told from a value. */
const OF_A_VAULT = /^\$\{vault\./;

/** A client as it was when it was read. */
export interface KeycloakClient {
  readonly slots: Slots;
  /** Tokens from before it are ended; seconds since the epoch, by Keycloak's clock. */
  readonly notBefore: number;
  /** Whether a policy lets an old secret live beside a new one. */
  readonly isRotating: boolean;
}

/** Of our admin; when it was made, by the clock that counts, and when it was asked for, by ours. */
interface OwnToken {
  readonly token: string;
  readonly madeAt: number;
  readonly asked: number;
}

interface Place {
  readonly settings: KeycloakClientSettings;
  readonly account: string;
  readonly clientId: string;
  readonly signal: AbortSignal;
}

/** One client by the admin API of its realm. All throw as `adminAnswer`, and PROVIDER_REFUSED where it has no secret that could be changed. */
export function keycloakAdmin({ settings, account, clientId, signal }: Place) {
  const about = { provider: 'keycloak-client', account };
  const clients = `${adminPlaceOf(settings)}/clients`;
  const refused = (found: string) => new IncidentError('PROVIDER_REFUSED', { ...about, client: clientId, found });
  const unreadable = () => new IncidentError('PROVIDER_UNAVAILABLE', { ...about, reply: 'can’t be read' });
  let ours: OwnToken | undefined;
  let id: string | undefined;

  async function ask(): Promise<OwnToken> {
    const url = placesOf(settings.adminRealmUrl ?? settings.realmUrl).token;
    const headers = {
      'content-type': 'application/x-www-form-urlencoded',
      authorization: basicCredentials(settings.adminClientId, settings.adminClientSecret),
    };
    const asked = performance.now();
    const answer = await sendHttp({ method: 'POST', url, headers, body: 'grant_type=client_credentials' }, signal);
    const { body } = adminAnswer(answer, [200], { ...about, call: 'token' });
    const token = granted.safeParse(body).data?.access_token;
    const said = claims.safeParse(parseJson(Buffer.from(token?.split('.')[1] ?? '', 'base64url').toString('utf8')));
    if (token === undefined || !said.success) throw unreadable();
    ours = { token, madeAt: said.data.iat, asked };
    return ours;
  }

  /** Seconds since the epoch by Keycloak's clock, or up to one less. */
  async function now(): Promise<number> {
    const { madeAt, asked } = ours ?? (await ask());
    return madeAt + Math.floor((performance.now() - asked) / 1_000);
  }

  async function call(method: 'GET' | 'PUT', path: string, wanted: readonly number[], body?: object) {
    const headers = {
      authorization: `Bearer ${(ours ?? (await ask())).token}`,
      ...(body ? { 'content-type': 'application/json' } : {}),
    };
    const url = `${clients}${path}`;
    const answer = await sendHttp({ method, url, headers, ...(body ? { body: JSON.stringify(body) } : {}) }, signal);
    return adminAnswer(answer, wanted, { ...about, call: `${method} client` });
  }

  async function find(): Promise<string | undefined> {
    const { body } = await call('GET', `?clientId=${encodeURIComponent(clientId)}`, [200]);
    const { data } = z.array(z.object({ id: z.string() })).safeParse(body);
    if (!data) throw unreadable();
    id = data[0]?.id;
    return id;
  }

  /** @throws IncidentError PROVIDER_REFUSED also where it is one that authenticates otherwise, or our own */
  async function read(): Promise<Representation> {
    const known = id ?? (await find());
    if (known === undefined) throw refused('no such client');
    const { data } = representation.safeParse((await call('GET', `/${known}`, [200])).body);
    if (!data) throw unreadable();
    if (data.clientId === settings.adminClientId) throw refused('our own admin');
    if (data.publicClient || data.clientAuthenticatorType !== 'client-secret') throw refused('authenticates otherwise');
    if (!data.access?.manage || data.secret === undefined || MASKED.test(data.secret))
      throw new IncidentError('PROVIDER_ADMIN_DENIED', { ...about, missing: 'manage-clients' });
    if (OF_A_VAULT.test(data.secret)) throw refused('a secret in a vault');
    return data;
  }

  function write(found: Representation, change: Partial<Representation>): Promise<HttpAnswer> {
    const { access: _ours, ...rest } = found;
    const attributes = { ...found.attributes, ...change.attributes };
    return call('PUT', `/${found.id}`, [204], { ...rest, ...change, attributes });
  }

  async function look(): Promise<KeycloakClient> {
    const { secret = '', notBefore, attributes } = await read();
    const isOver = Number(attributes[ROTATED_UNTIL] ?? 0) < (await now());
    return {
      slots: { current: secret, rotated: isOver ? undefined : attributes[ROTATED] },
      notBefore,
      isRotating: Number(attributes[CURRENT_UNTIL] ?? 0) > 0,
    };
  }

  return {
    unavailable: (reply: string) => new IncidentError('PROVIDER_UNAVAILABLE', { ...about, client: clientId, reply }),
    refused,

    /** Whether our admin is let in, and may list clients; whether it may change one is said of that one. */
    mustSeeClients: async (): Promise<void> => void (await call('GET', '?max=1', [200])),

    isThere: async () => (await find()) !== undefined,

    /** As it is now. */
    look,

    /** The same after an update that changes nothing: that shows whether an update leaves the second secret alone. */
    async touch(): Promise<KeycloakClient> {
      await write(await read(), {});
      return look();
    },

    /** Both secrets at once, so that no request finds one without the other. */
    async put(slots: Slots): Promise<void> {
      const found = await read();
      const at = await now();
      const isOver = Number(found.attributes[ROTATED_UNTIL] ?? 0) < at;
      const isKept = !isOver && slots.rotated !== undefined && found.attributes[ROTATED] === slots.rotated;
      const rotated =
        slots.rotated === undefined
          ? NO_ROTATED
          : {
              [ROTATED]: slots.rotated,
              [ROTATED_AT]: `${at}`,
              [ROTATED_UNTIL]: `${at + settings.overlapSeconds}`,
            };
      // A new one must not end when the one before would have: the policy gives it its own time.
      const current = slots.current === found.secret ? {} : { [CURRENT_AT]: `${at}`, [CURRENT_UNTIL]: '' };
      await write(found, { secret: slots.current, attributes: { ...(isKept ? {} : rotated), ...current } });
    },

    /** Ends every token that the client was given up to now; gives the second from which on they are good. */
    async endTokens(): Promise<number> {
      // A token of ours that is made now tells the second of now.
      const found = await read();
      // What somebody has ended for longer stays ended.
      const notBefore = Math.max(found.notBefore, (await ask()).madeAt + 1);
      await write(found, { notBefore });
      return notBefore;
    },
  };
}

export type KeycloakAdmin = ReturnType<typeof keycloakAdmin>;
