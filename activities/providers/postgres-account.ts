import { z } from 'zod';
import type { ProviderCapabilities } from '../../domain/ports/credential-provider';

// Apart from the provider: every process reads the settings, and only response workers need PostgreSQL's client.

export const postgresRoleSettings = z.strictObject({
  /** Superuser or CREATEROLE connection string; by file, never in the settings themselves. */
  adminUrl: z.string(),
  host: z.string(),
  port: z.number().int(),
  database: z.string(),
  /** The NOLOGIN role that owns the objects; every version's login role acts as it. */
  ownerRole: z.string(),
});

export type PostgresRoleSettings = z.infer<typeof postgresRoleSettings>;

export const POSTGRES_ROLE: ProviderCapabilities = {
  overlap: 'principals',
  quarantine: 'reversible',
  endsSessions: true,
  derivedTokens: 'none',
  lastUsed: 'none',
  secretOrigin: 'ours',
  propagationMs: 0,
  sideEffects: [
    'Every session of the leaked role is ended, with the statements that run in it.',
    'A new role with the same rights is made; what the leaked one created keeps its owner.',
  ],
  permissions: ['CREATEROLE with ADMIN on the owner role', 'pg_signal_backend', 'pg_read_all_stats'],
};
