import { randomBytes } from 'node:crypto';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { stringify } from 'yaml';
import { newApiKey } from '../activities/store/api-keys';
import { DEFAULTS } from '../domain/policy-schema';
import type { SettingsFile } from '../workers/settings';
import { makeKeyFiles, makeSecretFile } from './key-files';
import { makeNatsRoles, NATS_ROLES, type NatsRole } from './nats-roles';

/** The names that servers have inside the network of docker-compose.yml. */
const POSTGRES = 'postgres:5432';
const DATABASE = 'tourniquet';

/** Told by the log until somebody writes where people are reached. */
const SETTINGS: SettingsFile = {
  providers: { 'api-token': { default: {} } },
  audiences: {
    engineering: [{ notifier: 'console', target: '' }],
    security: [{ notifier: 'console', target: '' }],
    product: [{ notifier: 'console', target: '' }],
  },
};

/**
 * Makes what docker-compose.yml mounts: keys, passwords, NATS's configuration with a user a role, settings and policy. What exists is kept,
 * so that it can be repeated: keys must open what they sealed, and settings are yours.
 */
export async function makeDeploymentFiles(directory: string): Promise<void> {
  const secrets = join(directory, 'secrets');
  await makeKeyFiles(secrets);
  const password = (name: string) => secret(secrets, name, () => randomBytes(24).toString('base64url'));
  const superuser = await password('postgres.password');
  await password('temporal-postgres.password');
  await secret(secrets, 'postgres-admin.url', () => `postgres://postgres:${superuser}@${POSTGRES}/postgres`);
  await secret(
    secrets,
    'database.url',
    () => `postgres://${DATABASE}:${randomBytes(24).toString('base64url')}@${POSTGRES}/${DATABASE}`,
  );
  await secret(secrets, 'gateway-1.key', newApiKey);
  const passwords = await Promise.all(NATS_ROLES.map(async (role) => [role, await password(`nats-${role}.password`)]));
  const passwordOf = Object.fromEntries(passwords) as Record<NatsRole, string>;
  const roles = makeNatsRoles((role) => passwordOf[role]);
  const nats = {
    listen: '0.0.0.0:4222',
    http: '0.0.0.0:8222',
    jetstream: { store_dir: '/data' },
    ...roles.serverConfig,
  };
  await writeFile(join(secrets, 'nats.conf'), JSON.stringify(nats, undefined, 2), { mode: 0o600 });
  await mkdir(join(directory, 'config'), { recursive: true, mode: 0o700 });
  await writeNew(join(directory, 'config', 'settings.yaml'), stringify(SETTINGS));
  await writeNew(
    join(directory, 'config', 'policy.yaml'),
    stringify({ ...DEFAULTS.policy, budgets: DEFAULTS.budgets }),
  );
}

async function secret(directory: string, name: string, value: () => string): Promise<string> {
  return (await readFile(await makeSecretFile(directory, name, value()), 'utf8')).trim();
}

async function writeNew(path: string, text: string): Promise<void> {
  await writeFile(path, text, { mode: 0o600, flag: 'wx' }).catch((error: NodeJS.ErrnoException) => {
    if (error.code !== 'EEXIST') throw error;
  });
}
