import { randomBytes } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fetch } from 'undici';
import type { KeycloakClientSettings } from '../../activities/providers/keycloak-account';
import type { OauthClientSettings } from '../../activities/providers/oauth-account';
import { basicCredentials } from '../../domain/basic-credentials';
import { freePort } from '../../stack/free-port';
import { ManagedProcess } from '../../stack/managed-process';
import { keycloakProgram } from './keycloak-program';
import { ADMIN, CLIENTS, POLICIES, PROFILES, REALM, TOKEN_S } from './keycloak-realm';

const ROOT = { username: 'root', password: randomBytes(24).toString('base64url') };

type Found = Readonly<Record<string, unknown>>;

/** A real Keycloak on loopback with one realm, `orders`; its database is in its memory. */
export async function startKeycloak() {
  const { program, args, env } = await keycloakProgram((line) => process.stderr.write(`${line}\n`));
  const state = await mkdtemp(join(tmpdir(), 'tourniquet-keycloak-'));
  const port = await freePort();
  const url = `http://127.0.0.1:${port}`;
  const listen = ['--http-enabled=true', '--http-host=127.0.0.1', `--http-port=${port}`];
  const server = new ManagedProcess({
    name: 'Keycloak',
    program,
    // Alone, since a cluster would listen on all addresses; with one name by all ways, so that a token is taken wherever it was asked for.
    args: [...args, ...listen, `--hostname=${url}`, '--cache=local'],
    cwd: state,
    logFile: join(state, 'output.log'),
    pidFile: join(state, 'leash.pid'),
    stopSignal: 'SIGTERM',
    graceSeconds: 10,
    readyTimeoutMs: 180_000,
    probe: async () => void (await (await fetch(`${url}/realms/master`)).json()),
    env: { ...env, KC_BOOTSTRAP_ADMIN_USERNAME: ROOT.username, KC_BOOTSTRAP_ADMIN_PASSWORD: ROOT.password },
  });

  async function post(
    path: string,
    form: object,
    authorization?: string,
  ): Promise<Found & { readonly status: number }> {
    const headers = authorization === undefined ? {} : { authorization };
    const response = await fetch(`${url}${path}`, { method: 'POST', headers, body: new URLSearchParams({ ...form }) });
    return { ...((await response.json()) as Found), status: response.status };
  }

  /** Of one who may do all: it lives for a minute, and a login is slow, as a password's hash is. */
  let root = { token: '', until: 0 };

  async function rootToken(): Promise<string> {
    if (Date.now() < root.until) return root.token;
    const login = { grant_type: 'password', client_id: 'admin-cli', ...ROOT };
    const until = Date.now() + 30_000;
    const { access_token } = await post('/realms/master/protocol/openid-connect/token', login);
    root = { token: String(access_token), until };
    return root.token;
  }

  async function ask(method: string, path: string, body?: object): Promise<unknown> {
    const headers = { authorization: `Bearer ${await rootToken()}`, 'content-type': 'application/json' };
    const response = await fetch(`${url}/admin/realms${path}`, {
      method,
      headers,
      ...(body ? { body: JSON.stringify(body) } : {}),
    });
    const text = await response.text();
    if (!response.ok) throw new Error(`${method} ${path} was answered ${response.status}: ${text}`);
    return text === '' ? undefined : JSON.parse(text);
  }

  const oidc = '/realms/orders/protocol/openid-connect';

  async function client(clientId: string): Promise<Found> {
    const [found] = (await ask('GET', `/orders/clients?clientId=${clientId}`)) as Found[];
    if (!found) throw new Error(`there is no client ${clientId}`);
    return found;
  }

  /** Changes what is said of a client, as a person does in the console. */
  async function change(clientId: string, more: Found): Promise<void> {
    const now = await client(clientId);
    await ask('PUT', `/orders/clients/${String(now['id'])}`, { ...now, ...more });
  }

  const policies = (all: readonly object[]) => ask('PUT', '/orders/client-policies/policies', { policies: all });

  async function stop(): Promise<void> {
    await server.stop();
    await rm(state, { recursive: true, force: true });
  }

  try {
    await server.start();
    await ask('POST', '', REALM);
    const scope = { name: 'orders:read', protocol: 'openid-connect', attributes: { 'include.in.token.scope': 'true' } };
    await ask('POST', '/orders/client-scopes', scope);
    const [made] = ((await ask('GET', '/orders/client-scopes')) as Found[]).filter(({ name }) => name === scope.name);
    for (const name of CLIENTS)
      await ask(
        'PUT',
        `/orders/clients/${String((await client(name))['id'])}/optional-client-scopes/${String(made?.['id'])}`,
      );
    // What a client may register for.
    await ask('PUT', `/orders/default-optional-client-scopes/${String(made?.['id'])}`);
    await ask('PUT', '/orders/client-policies/profiles', { profiles: PROFILES });
    await policies(POLICIES);
  } catch (error) {
    await stop();
    throw error;
  }

  return {
    port,
    url,
    ask,
    client,
    change,
    /** Makes a new secret as the button of the console does, and gives it. */
    async rotate(clientId: string): Promise<string> {
      const made = await ask('POST', `/orders/clients/${String((await client(clientId))['id'])}/client-secret`);
      return String((made as Found)['value']);
    },
    /** The realm's roles of its service account. */
    async rolesOf(clientId: string): Promise<readonly unknown[]> {
      const place = `/orders/clients/${String((await client(clientId))['id'])}/service-account-user`;
      const user = String(((await ask('GET', place)) as Found)['id']);
      return ((await ask('GET', `/orders/users/${user}/role-mappings/realm`)) as Found[]).map(({ name }) => name);
    },
    /** Whether an old secret may live beside a new one. */
    rotating: (are: boolean) => policies(are ? POLICIES : []),
    admin: (accepted: boolean) => change(ADMIN.clientId, { enabled: accepted }),
    /** What a client is given for its secret; undefined when it is refused. */
    async tokenOf(clientId: string, clientSecret: string): Promise<string | undefined> {
      const answer = await post(
        `${oidc}/token`,
        { grant_type: 'client_credentials', scope: 'openid' },
        basicCredentials(clientId, clientSecret),
      );
      return answer['access_token'] as string | undefined;
    },
    /** As an API that is shown a token asks (RFC 7662). */
    async isActive(token: string): Promise<boolean> {
      const authorization = basicCredentials(ADMIN.clientId, ADMIN.clientSecret);
      return (await post(`${oidc}/token/introspect`, { token }, authorization))['active'] === true;
    },
    /** Whether Keycloak's own API takes a token. */
    async isTaken(token: string): Promise<boolean> {
      const response = await fetch(`${url}${oidc}/userinfo`, { headers: { authorization: `Bearer ${token}` } });
      await response.text();
      return response.ok;
    },
    declare: (adminUrl = url, useUrl = url): KeycloakClientSettings => ({
      realmUrl: `${useUrl}/realms/orders`,
      adminRealmUrl: `${adminUrl}/realms/orders`,
      adminClientId: ADMIN.clientId,
      adminClientSecret: ADMIN.clientSecret,
      authMethod: 'client_secret_basic',
      overlapSeconds: 86_400,
    }),
    /** The same realm as one that registers clients (RFC 7591 and 7592). */
    async declareRegistration(): Promise<OauthClientSettings> {
      const given = await ask('POST', '/orders/clients-initial-access', { count: 100, expiration: TOKEN_S });
      return {
        registrationUrl: `${url}/realms/orders/clients-registrations/openid-connect`,
        initialAccessToken: String((given as Found)['token']),
        tokenUrl: `${url}${oidc}/token`,
        authMethod: 'client_secret_basic',
        introspection: { url: `${url}${oidc}/token/introspect`, authMethod: 'client_secret_basic', ...ADMIN },
        revocationUrl: `${url}${oidc}/revoke`,
        tokenSeconds: TOKEN_S,
      };
    },
    stop,
  };
}

export type Keycloak = Awaited<ReturnType<typeof startKeycloak>>;
