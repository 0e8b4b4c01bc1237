import { readFileSync } from 'node:fs';
import { parseDocument } from 'yaml';
import { z } from 'zod';
import { apiTokenSettings } from '../activities/providers/api-token';
import { postgresRoleSettings } from '../activities/providers/postgres-role';
import { IncidentError } from '../domain/errors';
import { parseNetwork } from '../domain/known-context';
import { isRoutePattern } from '../domain/route-patterns';
import { readSecretFile } from './config';

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
  audiences: z.strictObject({ engineering: channels, security: channels, product: channels }),
  /** Proxies whose X-Forwarded-For counts. */
  trustedProxies: z.array(network).default([]),
  /** Routes that gateways shut while nobody can tell them whether a credential is still good; none by default. */
  gateway: z.strictObject({ privilegedRoutes: z.array(route).default([]) }).default({ privilegedRoutes: [] }),
  /** PostgreSQL JSON logs to read usage from. */
  postgresLogs: z.array(z.strictObject({ account: z.string(), directory: z.string() })).default([]),
});

export type Settings = z.infer<typeof settings>;

/**
 * Reads the settings file. @throws IncidentError CONFIG_INVALID listing every fault with its place, and never what stands there: a
 * webhook's address may hold a token.
 */
export function readSettings(path: string): Settings {
  const document = parseDocument(readFileSync(path, 'utf8'));
  const faults = document.errors.map(({ code, linePos }) => `${path}: ${place(linePos?.[0])}${code}`);
  if (faults.length > 0) throw new IncidentError('CONFIG_INVALID', { faults });
  const parsed = settings.safeParse(plainValue(document, path));
  if (parsed.success) return parsed.data;
  throw new IncidentError('CONFIG_INVALID', {
    faults: parsed.error.issues.map((issue) => `${path}: ${issue.path.map(shown).join('.')}: ${messageOf(issue)}`),
  });
}

/** An alias to nowhere is found only here. */
function plainValue(document: ReturnType<typeof parseDocument>, path: string): unknown {
  try {
    return document.toJS();
  } catch (error) {
    const kind = error instanceof Error ? error.name : typeof error;
    throw new IncidentError('CONFIG_INVALID', { faults: [`${path}: an alias can't be resolved (${kind})`] });
  }
}

function place(position: { readonly line: number; readonly col: number } | undefined): string {
  return position ? `line ${position.line}, column ${position.col}: ` : '';
}

/** A name of ours, or of an account; anything else may be a value that slipped into a key's place. */
function shown(key: PropertyKey): string {
  return typeof key === 'number' || /^[A-Za-z][\w-]{0,31}$/.test(String(key)) ? String(key) : '…';
}

function messageOf(issue: z.core.$ZodIssue): string {
  return issue.code === 'unrecognized_keys' ? `unknown: ${issue.keys.map(shown).join(', ')}` : issue.message;
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
      faults.push(`providers.postgres-role.${shown(name)}.adminUrlFile: names no readable file`);
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
