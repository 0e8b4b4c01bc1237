import { z } from 'zod';
import type { ProviderCapabilities } from '../../domain/ports/credential-provider';

// Apart from the provider: every process reads the settings, and only response workers need Redis's client.

/** How Redis keeps users over a restart: by ACL SAVE, by CONFIG REWRITE, or not at all. */
const PERSISTENCES = ['acl-file', 'config-file', 'none'] as const;

export type Persistence = (typeof PERSISTENCES)[number];

export const redisAclSettings = z.strictObject({
  /** `redis[s]://user:password@host:port` of our admin; by file, never in the settings themselves. */
  adminUrl: z.string(),
  /** Where dependents log in. */
  host: z.string(),
  port: z.number().int(),
  tls: z.boolean().default(false),
  /** How this Redis keeps its users over a restart: `ACL SAVE`, `CONFIG REWRITE`, or not at all. */
  keepsUsersIn: z.enum(PERSISTENCES).default('acl-file'),
});

export type RedisAclSettings = z.infer<typeof redisAclSettings>;

export const REDIS_ACL: ProviderCapabilities = {
  overlap: 'values',
  quarantine: 'reversible',
  endsSessions: true,
  derivedTokens: 'none',
  lastUsed: 'none',
  secretOrigin: 'ours',
  propagationMs: 0,
  sideEffects: [
    'Every connection of the Redis user is cut once, also those opened with its other passwords, which Redis does not tell apart: they connect again.',
    'A user `tourniquet:<version>` that is off and may do nothing stays in the ACL list: it remembers what was refused.',
  ],
  permissions: [
    'acl|getuser',
    'acl|setuser',
    'acl|dryrun',
    'acl|save, or config|rewrite',
    'client|list',
    'client|kill',
    'info',
    'multi',
    'exec',
  ],
};
