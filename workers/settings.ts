import { readFileSync } from 'node:fs';
import { parse } from 'yaml';
import { z } from 'zod';
import { apiTokenSettings } from '../activities/providers/api-token';
import { postgresRoleSettings } from '../activities/providers/postgres-role';
import { IncidentError } from '../domain/errors';
import { parseNetwork } from '../domain/known-context';
import { readSecretFile } from './config';

const network = z.string().refine(isNetwork, 'is no CIDR range');
const channel = z.strictObject({ notifier: z.string(), target: z.string() });
const channels = z.array(channel).min(1);

/** The admin connection string of a PostgreSQL account stands in a file of its own, so that the settings hold no secret. */
const postgresAccount = postgresRoleSettings.omit({ adminUrl: true }).extend({ adminUrlFile: z.string() });

const settings = z.strictObject({
  providers: z
    .strictObject({
      'postgres-role': z.record(z.string(), postgresAccount),
      'api-token': z.record(z.string(), apiTokenSettings),
    })
    .partial()
    .default({}),
  audiences: z.strictObject({ engineering: channels, security: channels, product: channels }),
  /** Proxies whose X-Forwarded-For counts. */
  trustedProxies: z.array(network).default([]),
  /** PostgreSQL JSON logs to read usage from. */
  postgresLogs: z.array(z.strictObject({ account: z.string(), directory: z.string() })).default([]),
});

export type Settings = z.infer<typeof settings>;

/** Reads the settings file. @throws IncidentError CONFIG_INVALID listing every fault with its place. */
export function readSettings(path: string): Settings {
  const parsed = settings.safeParse(parse(readFileSync(path, 'utf8')));
  if (parsed.success) return parsed.data;
  const faults = parsed.error.issues.map((issue) => `${path}: ${issue.path.join('.')}: ${issue.message}`);
  throw new IncidentError('CONFIG_INVALID', { faults });
}

/** The accounts of the postgres-role provider, with their admin connection strings read from their files. */
export function postgresAccounts(settings: Settings): ReadonlyMap<string, z.infer<typeof postgresRoleSettings>> {
  const accounts = Object.entries(settings.providers['postgres-role'] ?? {});
  return new Map(
    accounts.map(([name, { adminUrlFile, ...rest }]) => [name, { ...rest, adminUrl: readSecretFile(adminUrlFile) }]),
  );
}

function isNetwork(text: string): boolean {
  try {
    parseNetwork(text);
    return true;
  } catch {
    return false;
  }
}
