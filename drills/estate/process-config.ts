import { readFileSync } from 'node:fs';
import { z } from 'zod';
import { secretMaterial } from '../../domain/secret-material';
import { SYSTEM_PROVIDERS } from '../systems';
import type { ProviderId } from '../systems/system';

const ordersService = z.strictObject({
  name: z.string(),
  port: z.number().int(),
  countersPort: z.number().int(),
  apiUrl: z.string(),
  apiKeyFile: z.string(),
  hookKeyFile: z.string(),
  credentialId: z.string(),
  /** Requests it begins in a second, all the time. */
  requestsPerSecond: z.number().positive(),
});

const reportsClient = z.strictObject({
  name: z.string(),
  port: z.number().int(),
  apiUrl: z.string(),
  apiKeyFile: z.string(),
  natsUrl: z.string(),
  natsUser: z.strictObject({ user: z.string(), password: z.string() }).optional(),
  gatewayUrl: z.string(),
  credentialId: z.string(),
  requestsPerSecond: z.number().positive(),
  /** What the edge proxy says of this client: its address and its agent. */
  address: z.string(),
  agent: z.string(),
});

const provider = z.custom<ProviderId>((value) => SYSTEM_PROVIDERS.includes(value as ProviderId));

const accountService = reportsClient
  .pick({ name: true, port: true, apiUrl: true, apiKeyFile: true, natsUrl: true, natsUser: true, credentialId: true })
  .extend({ provider, at: z.string() });

const accountThief = z.strictObject({
  port: z.number().int(),
  /** What was stolen of each credential; in a file of mode 0600, as with the other attacker. */
  stolen: z.array(z.strictObject({ credentialId: z.string(), provider, at: z.string(), material: secretMaterial })),
});

const reportsApi = z.strictObject({ port: z.number().int() });

const attacker = z.strictObject({
  port: z.number().int(),
  gatewayUrl: z.string(),
  /** What each attack is counted under: the ids of the credentials. */
  tokenId: z.string(),
  databaseId: z.string(),
  /** The stolen values: what an attacker has. In a file of mode 0600 that only the drill writes. */
  stolenToken: z.string(),
  stolenDatabase: z.strictObject({
    host: z.string(),
    port: z.number(),
    database: z.string(),
    user: z.string(),
    password: z.string(),
  }),
  /** The address the database login comes from. */
  databaseFromAddress: z.string(),
});

export const ESTATE_CONFIGS = { ordersService, reportsClient, reportsApi, attacker, accountService, accountThief };

export type EstateConfigs = { readonly [N in keyof typeof ESTATE_CONFIGS]: z.infer<(typeof ESTATE_CONFIGS)[N]> };

/** The configuration of a process of the estate: a JSON file named by its first argument. */
export function readProcessConfig<N extends keyof EstateConfigs>(kind: N): EstateConfigs[N] {
  const file = process.argv[2];
  if (!file) throw new Error('usage: <process> <config.json>');
  return ESTATE_CONFIGS[kind].parse(JSON.parse(readFileSync(file, 'utf8'))) as EstateConfigs[N];
}
