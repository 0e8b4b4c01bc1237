import { isAbsolute } from 'node:path';
import { z } from 'zod';
import { commandDependent, fileDependent, kubernetesDependent } from '../activities/dependents/dependent-settings';
import { apiTokenSettings } from '../activities/providers/api-token-account';
import { awsAccessKeySettings, type AwsAccessKeySettings } from '../activities/providers/aws-account';
import { gitForgeAccount, type GitForgeSettings } from '../activities/providers/git-forge-account';
import { githubAccount, type GithubSettings } from '../activities/providers/github-account';
import { httpAccount, type HttpSettings } from '../activities/providers/http-account';
import { keycloakClientAccount, type KeycloakClientSettings } from '../activities/providers/keycloak-account';
import { natsUserAccount, type NatsUserSettings } from '../activities/providers/nats-account';
import {
  oauthClientAccount,
  type OauthClientSettings,
  type OauthIntrospection,
} from '../activities/providers/oauth-account';
import { postgresRoleSettings } from '../activities/providers/postgres-account';
import { redisAclSettings } from '../activities/providers/redis-account';
import { OWN_STORE, secretStoresSettings } from '../activities/store/secret-stores/store-settings';
import { IncidentError } from '../domain/errors';
import { INTEL_SAYS, INTEL_TRUST, MOST_INTEL_LISTS } from '../domain/intel';
import { isNetwork } from '../domain/known-context';
import { isRoutePattern } from '../domain/route-patterns';
import { INTEL_FORMAT_NAMES } from '../intel/formats/registry';
import { isListAddress, type ListAccess, type ListSource } from '../intel/list-source';
import { readSecretFile } from './config';
import { readYamlFile, shownKey } from './yaml-file';

const network = z.string().refine(isNetwork, 'is no CIDR range');
/** A target may be what lets one in; such a one stands in a file of its own. */
const channel = z
  .strictObject({ notifier: z.string(), target: z.string().optional(), targetFile: z.string().optional() })
  .refine(({ target, targetFile }) => (target === undefined) !== (targetFile === undefined), {
    path: ['target'],
    message: 'is needed, or targetFile, and not both',
  });
const channels = z.array(channel).min(1);

const route = z.strictObject({
  /** All methods without it; GET stands for HEAD too. */
  method: z
    .string()
    .regex(/^[A-Z]{1,16}$/, 'is no method in capitals')
    .optional(),
  path: z.string().refine(isRoutePattern, 'is no pattern such as /admin/** or /users/*/keys'),
});

/** The admin connection string of an account stands in a file of its own, so that the settings hold no secret. */
const postgresAccount = postgresRoleSettings.omit({ adminUrl: true }).extend({ adminUrlFile: z.string() });
const redisAccount = redisAclSettings.omit({ adminUrl: true }).extend({ adminUrlFile: z.string() });
const awsAccount = awsAccessKeySettings.omit({ adminKey: true }).extend({ adminKeyFile: z.string().optional() });

/** What a server of lists knows us by stands in a file of its own. */
const listAccess = z.union([
  z.strictObject({ user: z.string().min(1), passwordFile: z.string() }),
  z.strictObject({
    header: z.string().regex(/^[A-Za-z][\w-]{0,63}$/, 'is no name of a header'),
    valueFile: z.string(),
  }),
]);

const threatList = z.strictObject({
  name: z.string().regex(/^[a-z0-9][a-z0-9-]{0,47}$/, 'is no name of small letters, digits and -'),
  from: z.string().refine(isListAddress, 'is no absolute path, https:// URL, or http:// URL on loopback'),
  format: z.enum([...INTEL_FORMAT_NAMES, 'taxii']),
  says: z.enum(INTEL_SAYS).default('hostile'),
  trust: z.enum(INTEL_TRUST).default('medium'),
  /** Hours after which a list that nobody confirmed says nothing any more. */
  goodForHours: z.number().int().min(1).max(720).default(72),
  access: listAccess.optional(),
});

const threatIntel = z
  .strictObject({
    everyMinutes: z.number().int().min(5).max(1_440).default(60),
    lists: z.array(threatList).max(MOST_INTEL_LISTS).default([]),
  })
  .superRefine(({ lists }, context) => {
    lists.forEach(({ name }, index) => {
      if (lists.findIndex((other) => other.name === name) < index)
        context.addIssue({
          code: 'custom',
          path: ['lists', index, 'name'],
          message: 'is the name of another list, too',
        });
    });
  });

const settings = z.strictObject({
  providers: z
    .strictObject({
      'postgres-role': z.record(z.string(), postgresAccount),
      'redis-acl': z.record(z.string(), redisAccount),
      'aws-access-key': z.record(z.string(), awsAccount),
      'oauth-client': z.record(z.string(), oauthClientAccount),
      'keycloak-client': z.record(z.string(), keycloakClientAccount),
      'nats-user': z.record(z.string(), natsUserAccount),
      'git-forge-token': z.record(z.string(), gitForgeAccount),
      'github-token': z.record(z.string(), githubAccount),
      http: z.record(z.string(), httpAccount),
      'api-token': z.record(z.string(), apiTokenSettings),
    })
    .partial()
    .default({}),
  /** How services are moved that the inventory names by a name of here; by kind. */
  dependents: z
    .strictObject({
      command: z.record(z.string(), commandDependent),
      file: z.record(z.string(), fileDependent),
      'kubernetes-rollout': z.record(z.string(), kubernetesDependent),
    })
    .partial()
    .default({}),
  /** The three that are always told, and any other that the policy's ladder asks, such as `on-call`. */
  audiences: z.object({ engineering: channels, security: channels, product: channels }).catchall(channels),
  /** Who signs what the notifier `shared-signals` sends: our own URL, and a private key in PEM (P-256, RSA or Ed25519). */
  sharedSignals: z.strictObject({ issuer: z.url({ protocol: /^https$/ }), keyFile: z.string() }).optional(),
  /** Proxies whose X-Forwarded-For counts. */
  trustedProxies: z.array(network).default([]),
  /** Routes that gateways shut while nobody can tell them whether a credential is still good; none by default. */
  gateway: z.strictObject({ privilegedRoutes: z.array(route).default([]) }).default({ privilegedRoutes: [] }),
  /** Where values are kept besides our own database, and where new ones go. */
  secretStores: secretStoresSettings.default({ default: OWN_STORE }),
  /** Which countries addresses lie in: an MMDB database in place of the one in the package. */
  geography: z.strictObject({ countries: z.string().refine(isAbsolute, 'is no absolute path').optional() }).default({}),
  /** Lists of hostile, harmless or familiar addresses. */
  threatIntel: threatIntel.default({ everyMinutes: 60, lists: [] }),
  /** Folders of Sigma rules that the API asks about usage it takes in, besides our own. */
  rules: z.array(z.string().refine(isAbsolute, 'is no absolute path')).default([]),
  /** How often it is looked whether leaks could be answered. */
  readiness: z.strictObject({ everyHours: z.number().int().min(1).max(168).default(24) }).default({ everyHours: 24 }),
  /** PostgreSQL JSON logs to read usage from. */
  postgresLogs: z.array(z.strictObject({ account: z.string(), directory: z.string() })).default([]),
});

export type Settings = z.infer<typeof settings>;
/** The settings file as it may be written: what has a default may be left out. */
export type SettingsFile = z.input<typeof settings>;

/** Reads the settings file. @throws IncidentError CONFIG_INVALID listing every fault with its place */
export function readSettings(path: string): Settings {
  return readYamlFile(path, settings);
}

/** The accounts of the postgres-role provider, with their admin connection strings. @throws IncidentError CONFIG_INVALID */
export function postgresAccounts(settings: Settings): ReadonlyMap<string, z.infer<typeof postgresRoleSettings>> {
  return withAdminUrls('postgres-role', settings.providers['postgres-role'], () => true);
}

/** The accounts of the redis-acl provider, likewise. @throws IncidentError CONFIG_INVALID */
export function redisAccounts(settings: Settings): ReadonlyMap<string, z.infer<typeof redisAclSettings>> {
  const isRedisUrl = (text: string): boolean => /^rediss?:\/\//.test(text) && URL.canParse(text);
  return withAdminUrls('redis-acl', settings.providers['redis-acl'], isRedisUrl);
}

/** The accounts of the aws-access-key provider, with their admin keys where they have one. @throws IncidentError CONFIG_INVALID */
export function awsAccounts(settings: Settings): ReadonlyMap<string, AwsAccessKeySettings> {
  const isKey = (text: string): boolean => /^AKIA[A-Z0-9]{16}:\S+$/.test(text);
  return readAccounts('aws-access-key', settings.providers['aws-access-key'], ({ adminKeyFile, ...rest }, from) =>
    adminKeyFile === undefined
      ? rest
      : { ...rest, adminKey: from(adminKeyFile, isKey, 'adminKeyFile: holds no <key id>:<key>') },
  );
}

/** RFC 6749, appendix A.2: a space is part of one. */
const isClientSecret = (text: string): boolean => /^[\x20-\x7e]+$/.test(text);

/** The accounts of the oauth-client provider, with their initial access tokens. @throws IncidentError CONFIG_INVALID */
export function oauthAccounts(settings: Settings): ReadonlyMap<string, OauthClientSettings> {
  const isToken = (text: string): boolean => /^[\x21-\x7e]+$/.test(text);
  const accounts = settings.providers['oauth-client'];
  const askerOf = ({ clientSecretFile: file, ...asker }: OauthIntrospection, from: FromFile) => ({
    ...asker,
    clientSecret: from(file, isClientSecret, 'introspection.clientSecretFile: holds no secret'),
  });
  return readAccounts('oauth-client', accounts, ({ initialAccessTokenFile: file, introspection, ...rest }, from) => ({
    ...rest,
    ...(introspection && { introspection: askerOf(introspection, from) }),
    ...(file !== undefined && { initialAccessToken: from(file, isToken, 'initialAccessTokenFile: holds no token') }),
  }));
}

/** The accounts of the keycloak-client provider, with the secrets of their admin clients. @throws IncidentError CONFIG_INVALID */
export function keycloakAccounts(settings: Settings): ReadonlyMap<string, KeycloakClientSettings> {
  const accounts = settings.providers['keycloak-client'];
  return readAccounts('keycloak-client', accounts, ({ adminClientSecretFile: file, ...rest }, from) => ({
    ...rest,
    adminClientSecret: from(file, isClientSecret, 'adminClientSecretFile: holds no secret'),
  }));
}

/** The accounts of the nats-user provider, with their keys. @throws IncidentError CONFIG_INVALID */
export function natsAccounts(settings: Settings): ReadonlyMap<string, NatsUserSettings> {
  const isSeed = (kind: 'O' | 'A') => (text: string) => new RegExp(`^S${kind}[A-Z2-7]{56}$`).test(text);
  const isCreds = (text: string): boolean => /BEGIN NATS USER JWT[^]*BEGIN USER NKEY SEED/.test(text);
  const accounts = settings.providers['nats-user'];
  return readAccounts(
    'nats-user',
    accounts,
    ({ systemCredsFile, operatorSeedFile, accountSeedFile, ...rest }, from) => ({
      ...rest,
      systemCreds: from(systemCredsFile, isCreds, 'systemCredsFile: holds no credentials of NATS'),
      operatorSeed: from(operatorSeedFile, isSeed('O'), 'operatorSeedFile: holds no seed of an operator'),
      accountSeed: from(accountSeedFile, isSeed('A'), 'accountSeedFile: holds no seed of an account'),
    }),
  );
}

/** The accounts of the git-forge-token provider, with their administrators. @throws IncidentError CONFIG_INVALID */
export function gitForgeAccounts(settings: Settings): ReadonlyMap<string, GitForgeSettings> {
  const isLogin = (text: string): boolean => /^[^\s:]+:\S+$/.test(text);
  return readAccounts('git-forge-token', settings.providers['git-forge-token'], ({ adminFile, ...rest }, from) => ({
    ...rest,
    admin: from(adminFile, isLogin, 'adminFile: holds no <user>:<password>'),
  }));
}

/** The accounts of the github-token provider: they have no secrets. */
export function githubAccounts({ providers }: Settings): ReadonlyMap<string, GithubSettings> {
  return new Map(Object.entries(providers['github-token'] ?? {}));
}

/** The accounts of the http provider, with what its admins are known by. @throws IncidentError CONFIG_INVALID */
export function httpAccounts(settings: Settings): ReadonlyMap<string, HttpSettings> {
  const isAny = (text: string): boolean => text !== '';
  return readAccounts('http', settings.providers.http, ({ adminFile, signing, ...rest }, from) => ({
    ...rest,
    ...(adminFile === undefined ? {} : { admin: from(adminFile, isAny, 'adminFile: is empty') }),
    ...(signing && { signing: { ...signing, key: from(signing.keyFile, isAny, 'signing.keyFile: is empty') } }),
  }));
}

/** What stands in a file of its own; what is wrong with it is added to `faults`, and begins with the place that `fault` names. */
function readAdmin(file: string, is: (text: string) => boolean, fault: string, faults: string[]): string {
  try {
    const text = readSecretFile(file);
    if (!is(text)) faults.push(fault);
    return text;
  } catch {
    faults.push(`${fault.split(': ')[0]}: names no readable file`);
    return '';
  }
}

function withAdminUrls<A extends { readonly adminUrlFile: string }>(
  provider: string,
  accounts: Readonly<Record<string, A>> = {},
  isUrl: (text: string) => boolean,
): ReadonlyMap<string, Omit<A, 'adminUrlFile'> & { adminUrl: string }> {
  return readAccounts(provider, accounts, ({ adminUrlFile, ...rest }, from) => ({
    ...rest,
    adminUrl: from(adminUrlFile, isUrl, 'adminUrlFile: holds no connection string of this provider'),
  }));
}

/** What stands in a file that an account names; `fault`, which begins with the setting's name, where `is` says no. */
type FromFile = (file: string, is: (text: string) => boolean, fault: string) => string;

/** The accounts of one provider with what stands in their files; all that is wrong with them is said at once. @throws IncidentError CONFIG_INVALID */
function readAccounts<A, B>(
  provider: string,
  accounts: Readonly<Record<string, A>> = {},
  read: (account: A, from: FromFile) => B,
): ReadonlyMap<string, B> {
  const faults: string[] = [];
  const known = Object.entries(accounts).map(([name, account]): readonly [string, B] => {
    const place = `providers.${provider}.${shownKey(name)}`;
    return [name, read(account, (file, is, fault) => readAdmin(file, is, `${place}.${fault}`, faults))];
  });
  if (faults.length > 0) throw new IncidentError('CONFIG_INVALID', { faults });
  return new Map(known);
}

/** A threat list of the settings, with what its server knows us by. */
export type ThreatList = Omit<z.infer<typeof threatList>, 'access'> & ListSource;

/** The threat lists, with the content of their secret files. @throws IncidentError CONFIG_INVALID */
export function threatLists({ threatIntel: { lists } }: Settings): readonly ThreatList[] {
  const faults: string[] = [];
  const read = (path: string, place: string): string => {
    try {
      return readSecretFile(path);
    } catch {
      faults.push(`${place}: names no readable file`);
      return '';
    }
  };
  const accessOf = (access: z.infer<typeof listAccess>, place: string): ListAccess =>
    'user' in access
      ? { kind: 'basic', user: access.user, password: read(access.passwordFile, `${place}.passwordFile`) }
      : { kind: 'header', name: access.header, value: read(access.valueFile, `${place}.valueFile`) };
  const complete = lists.map(({ access, ...list }, index) => ({
    ...list,
    ...(list.says === 'familiar' ? { ofOurs: true } : {}),
    ...(access ? { access: accessOf(access, `threatIntel.lists.${index}.access`) } : {}),
  }));
  if (faults.length > 0) throw new IncidentError('CONFIG_INVALID', { faults });
  return complete;
}
