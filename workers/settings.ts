import { z } from 'zod';
import { apiTokenSettings } from '../activities/providers/api-token';
import { postgresRoleSettings } from '../activities/providers/postgres-role';
import { IncidentError } from '../domain/errors';
import { parseNetwork } from '../domain/known-context';
import { isRoutePattern } from '../domain/route-patterns';
import { readSecretFile } from './config';
import { readYamlFile, shownKey } from './yaml-file';

const network = z.string().refine(isNetwork, 'is no CIDR range');
const channel = z.strictObject({ notifier: z.string(), target: z.string() });
const channels = z.array(channel).min(1);

const route = z.strictObject({
  /** All methods without it; GET stands for HEAD too. */
  method: z
    .string()
    .regex(/^[A-Z]{1,16}$/, 'is no method in capitals')
    .optional(),
  path: z.string().refine(isRoutePattern, 'is no pattern such as /admin/** or /users/*/keys'),
});

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
  /** The three that are always told, and any other that the policy's ladder asks, such as `on-call`. */
  audiences: z.object({ engineering: channels, security: channels, product: channels }).catchall(channels),
  /** Proxies whose X-Forwarded-For counts. */
  trustedProxies: z.array(network).default([]),
  /** Routes that gateways shut while nobody can tell them whether a credential is still good; none by default. */
  gateway: z.strictObject({ privilegedRoutes: z.array(route).default([]) }).default({ privilegedRoutes: [] }),
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
  const accounts = Object.entries(settings.providers['postgres-role'] ?? {});
  const faults: string[] = [];
  const read = accounts.map(([name, { adminUrlFile, ...rest }]) => {
    let adminUrl = '';
    try {
      adminUrl = readSecretFile(adminUrlFile);
    } catch {
      faults.push(`providers.postgres-role.${shownKey(name)}.adminUrlFile: names no readable file`);
    }
    return [name, { ...rest, adminUrl }] as const;
  });
  if (faults.length > 0) throw new IncidentError('CONFIG_INVALID', { faults });
  return new Map(read);
}

function isNetwork(text: string): boolean {
  try {
    parseNetwork(text);
    return true;
  } catch {
    return false;
  }
}
