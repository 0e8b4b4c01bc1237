import { readFileSync } from 'node:fs';
import { z } from 'zod';
import { IncidentError } from '../domain/errors';

const port = decimal(0, 65_535);
const text = z.string().min(1, 'is empty');
const httpUrl = z.url({ protocol: /^https?$/, error: 'is no http:// or https:// URL' });
const readableFile = z.string().refine(isReadable, 'names no readable file');

/** Every setting there is; each role takes those it needs, and is given no others' secrets. */
const SETTINGS = {
  TOURNIQUET_TEMPORAL_ADDRESS: z.string().refine(isHostAndPort, 'is not host:port').default('127.0.0.1:7233'),
  TOURNIQUET_TEMPORAL_NAMESPACE: text.default('default'),
  TOURNIQUET_TEMPORAL_UI_URL: httpUrl.default('http://127.0.0.1:8233'),
  TOURNIQUET_TASK_QUEUE: text.default('tourniquet-response'),
  /** Which build of the workflows a response worker is; by default the hash of their code. */
  TOURNIQUET_BUILD_ID: z
    .string()
    .regex(/^[\w.-]{1,64}$/, 'is no build id of letters, digits, . _ -')
    .optional(),
  /** Whether a build takes new incidents as soon as it runs, or when `tourniquet deployment promote` says so. */
  TOURNIQUET_PROMOTE_BUILD: z.enum(['at-start', 'by-command']).default('by-command'),
  /** `<id> <32 bytes in base64>` a line: what Temporal stores is encrypted with the first, and read with all. */
  TOURNIQUET_PAYLOAD_KEYS_FILE: readableFile,
  TOURNIQUET_NATS_URL: z.string().refine(isNatsUrl, 'is no nats:// or tls:// URL').default('nats://127.0.0.1:4222'),
  TOURNIQUET_NATS_USER: text.optional(),
  TOURNIQUET_NATS_PASSWORD_FILE: readableFile.optional(),
  TOURNIQUET_PARTITIONS: decimal(1, 1024).default(4),
  /** Connection string of our own database, in a file. */
  TOURNIQUET_DATABASE_URL_FILE: readableFile,
  /** 32 bytes in base64 that secret values are sealed with. */
  TOURNIQUET_SEALING_KEY_FILE: readableFile,
  /** `<id> <32 bytes in base64>` a line; new subjects use the first. */
  TOURNIQUET_FINGERPRINT_KEYS_FILE: readableFile,
  TOURNIQUET_AUDIT_KEY_FILE: readableFile,
  /** Ed25519 private key in PEM that audit checkpoints are signed with, and the file they are appended to. */
  TOURNIQUET_CHECKPOINT_KEY_FILE: readableFile,
  TOURNIQUET_CHECKPOINT_FILE: text,
  /** Ed25519: the API signs people's approvals with the private key, response workers verify them with the public one; both in PEM. */
  TOURNIQUET_APPROVAL_KEY_FILE: readableFile,
  TOURNIQUET_APPROVAL_PUBLIC_KEY_FILE: readableFile,
  /** What dependents know us by at their reload hooks. */
  TOURNIQUET_HOOK_KEY_FILE: readableFile,
  /** YAML: providers, audiences, logs to read, trusted proxies (workers/settings.ts). */
  TOURNIQUET_SETTINGS_FILE: readableFile,
  /** YAML: what each severity gets (docs/operations.md, "The policy"); without it design.md's own table. */
  TOURNIQUET_POLICY_FILE: readableFile.optional(),
  TOURNIQUET_GATEWAY_ID: z
    .string()
    .regex(/^[a-z0-9-]{1,64}$/)
    .default('gateway'),
  TOURNIQUET_GATEWAY_PORT: port.default(8401),
  TOURNIQUET_GATEWAY_UPSTREAM: httpUrl.optional(),
  /** Where response workers reach it to prove that a version is refused; by default where it listens. */
  TOURNIQUET_GATEWAY_URL: httpUrl.optional(),
  /** Where a gateway keeps what it refuses, so that it can start without NATS. */
  TOURNIQUET_GATEWAY_SNAPSHOT_FILE: text.optional(),
  /** The API that vouches for the denylist while a gateway has lost NATS, and the gateway's key for it. */
  TOURNIQUET_GATEWAY_FALLBACK_URL: httpUrl.optional(),
  TOURNIQUET_GATEWAY_FALLBACK_KEY_FILE: readableFile.optional(),
  TOURNIQUET_API_PORT: port.default(8402),
  /** YAML: scanners that push leaked values to the API (workers/leak-feeds.ts); none without it. */
  TOURNIQUET_LEAK_FEEDS_FILE: readableFile.optional(),
  /** Where a person's command line finds the API, and a file with their key for it; read by `tourniquet approve` alone. */
  TOURNIQUET_API_URL: httpUrl.optional(),
  TOURNIQUET_API_KEY_FILE: readableFile.optional(),
  TOURNIQUET_CODEC_PORT: port.default(8403),
  /** What the `temporal` command line knows the codec server by, and what login links are signed with. */
  TOURNIQUET_CODEC_TOKEN_FILE: readableFile,
  /** Where `GET /healthz` answers, in processes that listen for nothing else; none without it. */
  TOURNIQUET_HEALTH_PORT: port.optional(),
  /** Where servers of ours listen: loopback, unless a container is told otherwise. */
  TOURNIQUET_LISTEN_HOST: z.union([z.ipv4(), z.ipv6()], { error: 'is no IP address' }).default('127.0.0.1'),
  /** Connection string of a superuser; only the set-up reads it. */
  TOURNIQUET_DATABASE_ADMIN_URL_FILE: readableFile,
  TOURNIQUET_LOG_LEVEL: z.enum(['debug', 'info', 'warn', 'error']).default('info'),
} as const;

type Name = keyof typeof SETTINGS;

const PROCESS = [
  'TOURNIQUET_LISTEN_HOST',
  'TOURNIQUET_HEALTH_PORT',
  'TOURNIQUET_LOG_LEVEL',
] as const satisfies readonly Name[];
const EVERYWHERE = [
  ...PROCESS,
  'TOURNIQUET_NATS_URL',
  'TOURNIQUET_NATS_USER',
  'TOURNIQUET_NATS_PASSWORD_FILE',
  'TOURNIQUET_PARTITIONS',
] as const satisfies readonly Name[];
const TEMPORAL = [
  'TOURNIQUET_TEMPORAL_ADDRESS',
  'TOURNIQUET_TEMPORAL_NAMESPACE',
  'TOURNIQUET_TEMPORAL_UI_URL',
  'TOURNIQUET_TASK_QUEUE',
  'TOURNIQUET_PAYLOAD_KEYS_FILE',
] as const satisfies readonly Name[];

/** What each process of the product reads: least privilege begins with not knowing. */
export const ROLES = {
  detection: [...EVERYWHERE, 'TOURNIQUET_FINGERPRINT_KEYS_FILE', 'TOURNIQUET_SETTINGS_FILE', 'TOURNIQUET_POLICY_FILE'],
  dispatcher: [...EVERYWHERE, ...TEMPORAL, 'TOURNIQUET_DATABASE_URL_FILE', 'TOURNIQUET_POLICY_FILE'],
  response: [
    ...EVERYWHERE,
    ...TEMPORAL,
    'TOURNIQUET_DATABASE_URL_FILE',
    'TOURNIQUET_SEALING_KEY_FILE',
    'TOURNIQUET_FINGERPRINT_KEYS_FILE',
    'TOURNIQUET_AUDIT_KEY_FILE',
    'TOURNIQUET_CHECKPOINT_KEY_FILE',
    'TOURNIQUET_CHECKPOINT_FILE',
    'TOURNIQUET_APPROVAL_PUBLIC_KEY_FILE',
    'TOURNIQUET_BUILD_ID',
    'TOURNIQUET_PROMOTE_BUILD',
    'TOURNIQUET_HOOK_KEY_FILE',
    'TOURNIQUET_SETTINGS_FILE',
    'TOURNIQUET_POLICY_FILE',
  ],
  gateway: [
    ...EVERYWHERE,
    'TOURNIQUET_DATABASE_URL_FILE',
    'TOURNIQUET_FINGERPRINT_KEYS_FILE',
    'TOURNIQUET_SETTINGS_FILE',
    'TOURNIQUET_GATEWAY_ID',
    'TOURNIQUET_GATEWAY_PORT',
    'TOURNIQUET_GATEWAY_UPSTREAM',
    'TOURNIQUET_GATEWAY_URL',
    'TOURNIQUET_GATEWAY_SNAPSHOT_FILE',
    'TOURNIQUET_GATEWAY_FALLBACK_URL',
    'TOURNIQUET_GATEWAY_FALLBACK_KEY_FILE',
  ],
  api: [
    ...EVERYWHERE,
    ...TEMPORAL,
    'TOURNIQUET_DATABASE_URL_FILE',
    'TOURNIQUET_SEALING_KEY_FILE',
    // To recognise a reported value without keeping it.
    'TOURNIQUET_FINGERPRINT_KEYS_FILE',
    'TOURNIQUET_APPROVAL_KEY_FILE',
    'TOURNIQUET_API_PORT',
    // To know where values are kept.
    'TOURNIQUET_SETTINGS_FILE',
    'TOURNIQUET_LEAK_FEEDS_FILE',
    'TOURNIQUET_POLICY_FILE',
  ],
  cli: [
    ...TEMPORAL,
    'TOURNIQUET_DATABASE_URL_FILE',
    'TOURNIQUET_AUDIT_KEY_FILE',
    'TOURNIQUET_LOG_LEVEL',
    'TOURNIQUET_POLICY_FILE',
  ],
  /** `tourniquet dead-letter`, by a person who is NATS' user `admin`. */
  deadLetters: ['TOURNIQUET_NATS_URL', 'TOURNIQUET_NATS_USER', 'TOURNIQUET_NATS_PASSWORD_FILE'],
  /** `tourniquet credential infer`, likewise. */
  inference: [
    'TOURNIQUET_NATS_URL',
    'TOURNIQUET_NATS_USER',
    'TOURNIQUET_NATS_PASSWORD_FILE',
    'TOURNIQUET_DATABASE_URL_FILE',
  ],
  /** Once, before the others: database, streams, search attributes. */
  setup: [
    'TOURNIQUET_TEMPORAL_ADDRESS',
    'TOURNIQUET_TEMPORAL_NAMESPACE',
    'TOURNIQUET_NATS_URL',
    'TOURNIQUET_NATS_PASSWORD_FILE',
    'TOURNIQUET_PARTITIONS',
    'TOURNIQUET_DATABASE_URL_FILE',
    'TOURNIQUET_DATABASE_ADMIN_URL_FILE',
    'TOURNIQUET_GATEWAY_ID',
    'TOURNIQUET_GATEWAY_FALLBACK_KEY_FILE',
  ],
  codec: [
    ...PROCESS,
    'TOURNIQUET_PAYLOAD_KEYS_FILE',
    'TOURNIQUET_CODEC_TOKEN_FILE',
    'TOURNIQUET_CODEC_PORT',
    'TOURNIQUET_TEMPORAL_UI_URL',
  ],
} as const satisfies Record<string, readonly Name[]>;

export type Role = keyof typeof ROLES;
export type Config<R extends Role = Role> = {
  readonly [N in (typeof ROLES)[R][number]]: z.output<(typeof SETTINGS)[N]>;
};

/**
 * Reads the settings of one role. @throws IncidentError CONFIG_INVALID that lists every fault: unknown TOURNIQUET_* names,
 * missing ones, unreadable values. A value that was given is never replaced by a default.
 */
export function parseConfig<R extends Role>(role: R, env: Readonly<Record<string, string | undefined>>): Config<R> {
  const names: readonly Name[] = ROLES[role];
  const unknown = Object.keys(env).filter((name) => name.startsWith('TOURNIQUET_') && !Object.hasOwn(SETTINGS, name));
  const faults = unknown.map((name) => `${name}: is no setting of Tourniquet`);
  const values: Partial<Record<Name, unknown>> = {};
  for (const name of names) {
    const parsed = SETTINGS[name].safeParse(env[name]);
    if (parsed.success) values[name] = parsed.data;
    else
      faults.push(
        `${name}: ${env[name] === undefined ? 'is missing' : (parsed.error.issues[0]?.message ?? 'is not valid')}`,
      );
  }
  if (faults.length > 0) throw new IncidentError('CONFIG_INVALID', { role, faults });
  return values as Config<R>;
}

/** The content of a secret file, without the line's end. */
export function readSecretFile(path: string): string {
  return readFileSync(path, 'utf8').trim();
}

/** Plain decimal digits: an empty text is no zero, and `0x10` no sixteen. */
function decimal(min: number, max: number) {
  const message = `is no whole number from ${min} to ${max}`;
  return z
    .string()
    .regex(/^\d{1,9}$/, message)
    .transform(Number)
    .refine((value) => value >= min && value <= max, message);
}

function isNatsUrl(text: string): boolean {
  return /^(?:nats|tls):\/\//.test(text) && URL.canParse(text) && new URL(text).hostname !== '';
}

function isHostAndPort(text: string): boolean {
  const port = /^(?:\[[0-9a-fA-F:.]+\]|[\w.-]+):(?<port>\d{1,5})$/.exec(text)?.groups?.['port'];
  return port !== undefined && Number(port) >= 1 && Number(port) <= 65_535;
}

function isReadable(path: string): boolean {
  try {
    readFileSync(path);
    return true;
  } catch {
    return false;
  }
}
