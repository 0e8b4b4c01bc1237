import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { stringify } from 'yaml';
import { ROLES, type Role } from '../workers/config';
import type { Settings } from '../workers/settings';
import { compiledProgram } from './compiled-program';
import { freePort } from './free-port';
import { NATS_ROLES, type NatsRoles } from './nats-roles';
import { provisionNats } from './provision-nats';
import { makeKeyFiles, makeSecretFile, type KeyFiles } from './key-files';
import { keyDirectory } from './local-codec';
import type { LocalStack } from './local-stack';
import { ManagedProcess } from './managed-process';
import { makeProductDatabase } from './product-database';

/** The processes of the product, in the order in which they start. */
export const PROCESSES = ['api', 'gateway', 'response', 'dispatcher', 'detection'] as const satisfies readonly Role[];

export type ProductProcess = (typeof PROCESSES)[number];

/** Settings before our own secrets are put into files. */
export type DeploymentSettings = (deployment: DeploymentPlace) => Promise<Settings>;

/** What is known of a deployment before its processes start. */
export interface DeploymentPlace {
  readonly directory: string;
  readonly keys: KeyFiles;
  readonly databaseUrlFile: string;
  readonly gatewayUrl: string;
  readonly apiUrl: string;
}

export interface LocalDeployment extends DeploymentPlace {
  /** A shell file with the settings below, for the command line. */
  readonly envFile: string;
  /** Every TOURNIQUET_* setting of this deployment; each process gets its role's share. */
  readonly env: Readonly<Record<string, string>>;
  readonly processes: Readonly<Record<ProductProcess, ManagedProcess>>;
  /** The share of one role, with its own NATS user. */
  environmentOf(role: Role): Record<string, string>;
  start(processes?: readonly ProductProcess[]): Promise<void>;
  /** Ends the processes and, on a PostgreSQL server that is not the stack's own, takes away the database that was made there. */
  stop(): Promise<void>;
}

export interface DeploymentOptions {
  readonly settings: DeploymentSettings;
  /** What the gateway protects. */
  readonly upstream?: string;
  readonly taskQueue?: string;
  /** Of our own database; another one where several deployments share a server. */
  readonly databaseName?: string;
  /** The users of the stack's NATS server, when it was started with them. */
  readonly natsRoles?: NatsRoles;
}

const READY_TIMEOUT_MS = 60_000;
const GRACE_SECONDS = 15;
const PARTITIONS = 4;

/** Prepares Tourniquet itself on a local stack: keys, database, settings, and its five processes, not started yet. */
export async function prepareDeployment(
  stack: Required<Omit<LocalStack, 'stop' | 'directory'>> & Pick<LocalStack, 'directory'>,
  options: DeploymentOptions,
): Promise<LocalDeployment> {
  const directory = join(stack.directory, 'tourniquet');
  await mkdir(directory, { recursive: true, mode: 0o700 });
  const keys = await makeKeyFiles(keyDirectory(stack.directory));
  const database = await makeProductDatabase(stack.postgres.adminUrl, join(directory, 'keys'), options.databaseName);
  const databaseUrlFile = database.urlFile;
  const [gatewayPort, apiPort] = [await freePort(), await freePort()];
  const place: DeploymentPlace = {
    directory,
    keys,
    databaseUrlFile,
    gatewayUrl: `http://127.0.0.1:${gatewayPort}`,
    apiUrl: `http://127.0.0.1:${apiPort}`,
  };
  if (options.natsRoles) await provisionNats(stack.nats.url, options.natsRoles.users.admin, PARTITIONS);
  const passwordFiles = await writeNatsPasswords(join(directory, 'keys'), options.natsRoles);
  const settingsFile = join(directory, 'settings.yaml');
  await writeFile(settingsFile, stringify(await options.settings(place)), { mode: 0o600 });
  const env: Record<string, string> = {
    TOURNIQUET_TEMPORAL_ADDRESS: stack.temporal.address,
    TOURNIQUET_TEMPORAL_NAMESPACE: stack.temporal.namespace,
    TOURNIQUET_TEMPORAL_UI_URL: stack.temporal.uiUrl,
    TOURNIQUET_PAYLOAD_KEYS_FILE: keys.payload,
    TOURNIQUET_CODEC_TOKEN_FILE: keys.codecToken,
    TOURNIQUET_CODEC_PORT: String(stack.temporal.codec.port),
    TOURNIQUET_NATS_URL: stack.nats.url,
    TOURNIQUET_PARTITIONS: String(PARTITIONS),
    TOURNIQUET_DATABASE_URL_FILE: databaseUrlFile,
    TOURNIQUET_SEALING_KEY_FILE: keys.sealing,
    TOURNIQUET_FINGERPRINT_KEYS_FILE: keys.fingerprint,
    TOURNIQUET_AUDIT_KEY_FILE: keys.audit,
    TOURNIQUET_CHECKPOINT_KEY_FILE: keys.checkpoint,
    TOURNIQUET_CHECKPOINT_FILE: join(directory, 'audit-checkpoints.jsonl'),
    TOURNIQUET_HOOK_KEY_FILE: keys.hook,
    TOURNIQUET_SETTINGS_FILE: settingsFile,
    TOURNIQUET_GATEWAY_PORT: String(gatewayPort),
    TOURNIQUET_API_PORT: String(apiPort),
    ...(options.upstream ? { TOURNIQUET_GATEWAY_UPSTREAM: options.upstream } : {}),
    ...(options.taskQueue ? { TOURNIQUET_TASK_QUEUE: options.taskQueue } : {}),
  };
  const envFile = join(directory, 'tourniquet.env');
  await writeFile(
    envFile,
    Object.entries(env).map(([name, value]) => `${name}='${value}'\n`),
    { mode: 0o600 },
  );
  const environmentOf = (role: Role): Record<string, string> => ({
    ...roleEnvironment(role, env),
    ...(passwordFiles[role] ? { TOURNIQUET_NATS_USER: role, TOURNIQUET_NATS_PASSWORD_FILE: passwordFiles[role] } : {}),
  });
  const processes = Object.fromEntries(
    PROCESSES.map((role) => [role, productProcess(role, place, environmentOf(role))]),
  ) as Record<ProductProcess, ManagedProcess>;
  return {
    ...place,
    env,
    envFile,
    environmentOf,
    processes,
    async start(which = PROCESSES) {
      for (const role of which) await processes[role].start();
    },
    async stop() {
      // The opposite order of need: whoever starts work first.
      for (const role of [...PROCESSES].reverse()) await processes[role].stop();
      // A server of our own goes with its directory; on somebody else's nothing of ours stays.
      if (!stack.postgres.server) await database.drop();
    },
  };
}

/** The settings of one role out of a deployment's. */
export function roleEnvironment(role: Role, env: Readonly<Record<string, string>>): Record<string, string> {
  const names: readonly string[] = ROLES[role];
  return Object.fromEntries(Object.entries(env).filter(([name]) => names.includes(name)));
}

function productProcess(
  role: ProductProcess,
  place: DeploymentPlace,
  env: Readonly<Record<string, string>>,
): ManagedProcess {
  const logFile = join(place.directory, `${role}.log`);
  return new ManagedProcess({
    name: role,
    program: process.execPath,
    args: [compiledProgram('workers', 'main.js'), role],
    cwd: place.directory,
    logFile,
    pidFile: join(place.directory, `${role}.pid`),
    stopSignal: 'SIGTERM',
    graceSeconds: GRACE_SECONDS,
    readyTimeoutMs: READY_TIMEOUT_MS,
    probe: readyProbe(logFile),
    env,
  });
}

/** Ready when the process says so once more than at its last start: the log goes on over restarts. */
function readyProbe(logFile: string): () => Promise<void> {
  let seen = 0;
  return async () => {
    const log = await readFile(logFile, 'utf8').catch(() => '');
    const readies = log.split('"msg":"ready"').length - 1;
    if (readies <= seen) throw new Error('has not said "ready" yet');
    seen = readies;
  };
}

/** One file a role, so that no process can read another's password from its own. */
async function writeNatsPasswords(directory: string, roles: NatsRoles | undefined): Promise<Record<string, string>> {
  if (!roles) return {};
  const files = NATS_ROLES.map(async (role) => [
    role,
    await makeSecretFile(directory, `nats-${role}.password`, roles.users[role].password),
  ]);
  return Object.fromEntries(await Promise.all(files)) as Record<string, string>;
}
