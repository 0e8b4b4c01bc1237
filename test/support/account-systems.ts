import { connect, credsAuthenticator } from '@nats-io/transport-node';
import { createHttpProvider } from '../../activities/providers/http';
import { createNatsUserProvider } from '../../activities/providers/nats-user';
import { createOauthClientProvider } from '../../activities/providers/oauth-client';
import { createRedisAclProvider } from '../../activities/providers/redis-acl';
import type { Credential } from '../../domain/credential';
import type { CredentialProvider } from '../../domain/ports/credential-provider';
import type { SecretStore } from '../../domain/ports/stores';
import { valueOf, type SecretMaterial } from '../../domain/secret-material';
import { makeSecretFile } from '../../stack/key-files';
import { TEST_FINGERPRINT_KEYS } from './fingerprint-keys';
import { startNatsOperator } from '../../drills/systems/nats-operator';
import { oneByOne } from './one-by-one';
import { startOidcServer } from '../../drills/systems/oidc-server';
import { startRedis } from '../../drills/systems/redis-server';
import { sampleCredential } from './sample-credential';
import { startTokenServer } from '../../drills/systems/token-server';

export type AccountMaterial = Extract<SecretMaterial, { kind: 'redis' | 'oauth-client' | 'nats-user' | 'http' }>;

/** A system that a settings file names, with one credential in it. */
export interface AccountSystem {
  readonly credential: Credential;
  readonly kind: AccountMaterial['kind'];
  readonly provider: CredentialProvider;
  /** Its account as it stands in the settings file. */
  readonly account: object;
  /** How the incident says that the old version is dead. */
  readonly proof: RegExp;
  /** As a service or a thief would. @throws when it is not accepted */
  use(material: AccountMaterial): Promise<{ isIn(): boolean | Promise<boolean>; leave(): void }>;
  stop(): Promise<void>;
}

/** The part of it that is the secret. */
export function secretOf(material: AccountMaterial): string {
  return valueOf(JSON.stringify(material)) ?? '';
}

interface Place {
  readonly secrets: SecretStore;
  /** For the files of secrets that an account names. */
  readonly directory: string;
}

export async function redisSystem({ secrets, directory }: Place): Promise<AccountSystem> {
  const redis = await startRedis();
  const credential = sampleCredential({ id: 'orders-cache', provider: 'redis-acl', account: 'cache' });
  const account = { host: '127.0.0.1', port: redis.port, tls: false, keepsUsersIn: 'acl-file' as const };
  const settings = new Map([[credential.account, { ...account, adminUrl: redis.adminUrl }]]);
  return {
    credential,
    kind: 'redis',
    proof: /proof presented: .*old refused, control accepted, 0 sessions/,
    provider: createRedisAclProvider(settings, secrets, TEST_FINGERPRINT_KEYS[0]),
    account: { ...account, adminUrlFile: await makeSecretFile(directory, 'cache-admin.url', redis.adminUrl) },
    async use(material) {
      const session = await redis.login(credential.principal, secretOf(material));
      return { isIn: () => session.isOpen, leave: () => session.destroy() };
    },
    stop: () => redis.stop(),
  };
}

export async function oauthSystem({ secrets, directory }: Place): Promise<AccountSystem> {
  const server = await startOidcServer();
  const credential = sampleCredential({ id: 'orders-client', provider: 'oauth-client', account: 'sso' });
  const settings = server.declare();
  const { initialAccessToken: token = '', introspection: { clientSecret = '', ...asker } = {}, ...account } = settings;
  return {
    credential,
    kind: 'oauth-client',
    proof: /proof presented: .*old refused, control accepted, tokens of the old ended/,
    provider: createOauthClientProvider(new Map([[credential.account, settings]]), secrets, TEST_FINGERPRINT_KEYS),
    account: {
      ...account,
      initialAccessTokenFile: await makeSecretFile(directory, 'sso.token', token),
      introspection: { ...asker, clientSecretFile: await makeSecretFile(directory, 'sso-api.secret', clientSecret) },
    },
    async use(material) {
      const clientId = material.kind === 'oauth-client' ? material.clientId : '';
      const given = await server.tokenOf(clientId, secretOf(material));
      if (given === undefined) throw new Error('the client is refused');
      return { isIn: async () => (await server.isActive(given)) === true, leave: () => undefined };
    },
    stop: () => server.stop(),
  };
}

export async function natsSystem({ secrets, directory }: Place): Promise<AccountSystem> {
  const server = await startNatsOperator();
  const scopes = ['pub:orders.>', 'sub:orders.>'];
  const credential = sampleCredential({ id: 'orders-bus', provider: 'nats-user', account: 'bus', scopes });
  const settings = server.settings();
  const { systemCreds, operatorSeed, accountSeed, ...account } = settings;
  const accounts = new Map([[credential.account, settings]]);
  return {
    credential,
    kind: 'nats-user',
    proof: /proof presented: .*old refused, control accepted, 0 sessions, revoked/,
    provider: createNatsUserProvider(accounts, secrets, oneByOne(), TEST_FINGERPRINT_KEYS),
    account: {
      ...account,
      systemCredsFile: await makeSecretFile(directory, 'bus-system.creds', systemCreds),
      operatorSeedFile: await makeSecretFile(directory, 'bus-operator.seed', operatorSeed),
      accountSeedFile: await makeSecretFile(directory, 'bus-account.seed', accountSeed),
    },
    async use(material) {
      const creds = material.kind === 'nats-user' ? material.creds : '';
      const authenticator = credsAuthenticator(new TextEncoder().encode(creds));
      const nats = await connect({ servers: settings.url, authenticator, reconnect: false });
      return { isIn: () => !nats.isClosed(), leave: () => void nats.close() };
    },
    stop: () => server.stop(),
  };
}

export async function declaredSystem({ secrets, directory }: Place): Promise<AccountSystem> {
  const server = await startTokenServer();
  const credential = sampleCredential({ id: 'orders-forge', provider: 'http', account: 'forge' });
  const declared = server.declare();
  const { admin: _admin, signing: { key: _key, ...signing } = {}, ...calls } = declared;
  return {
    credential,
    kind: 'http',
    proof: /proof presented: .*old refused, control accepted, old absent/,
    provider: createHttpProvider(new Map([[credential.account, declared]]), secrets, TEST_FINGERPRINT_KEYS),
    account: {
      ...calls,
      adminFile: await makeSecretFile(directory, 'forge.admin', server.admin),
      signing: { ...signing, keyFile: await makeSecretFile(directory, 'forge.key', server.signingKey) },
    },
    use(material) {
      const isIn = (): boolean => server.accepts(secretOf(material));
      return isIn()
        ? Promise.resolve({ isIn, leave: () => undefined })
        : Promise.reject(new Error('the token is not accepted'));
    },
    stop: () => server.stop(),
  };
}
