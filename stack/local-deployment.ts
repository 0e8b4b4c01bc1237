import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { stringify } from 'yaml';
import type { PolicyFile } from '../domain/policy-schema';
import { ROLES, type Role } from '../workers/config';
import type { SettingsFile } from '../workers/settings';
import { compiledProgram } from './compiled-program';
import { issueGatewayKey } from './gateway-key';
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
export type DeploymentSettings = (deployment: DeploymentPlace) => Promise<SettingsFile>;

/** What is known of a deployment before its processes start. */
export interface DeploymentPlace {
  readonly directory: string;
  readonly keys: KeyFiles;
  readonly databaseUrlFile: string;
  readonly gatewayUrl: string;
  readonly apiUrl: string;
}

/** A gateway beside the first one. */
export interface ExtraGateway {
  readonly id: string;
  /** How it reaches NATS, where that is not how the others do: through a proxy that can be cut, say. */
  readonly natsUrl?: string;
  /** How it reaches the API when NATS is away; another address for an API that it can't reach either. */
  readonly fallbackUrl?: string;
}

export interface StartedGateway {
  readonly url: string;
  readonly snapshotFile: string;
  readonly process: ManagedProcess;
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
  /** Starts one more gateway in front of the same upstream, with a port, a key and a snapshot of its own. `stop` ends it too. */
  startGateway(extra: ExtraGateway): Promise<StartedGateway>;
  /** Ends the processes and, on a PostgreSQL server that is not the stack's own, takes away the database that was made there. */
  stop(): Promise<void>;
}

export interface DeploymentOptions {
  readonly settings: DeploymentSettings;
  /** The policy as it would be written; without it the default. */
  readonly policy?: PolicyFile;
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

/** The servers it runs on. A codec server is for people: the product does without. */
interface DeploymentStack extends Pick<LocalStack, 'directory'> {
  readonly temporal: Pick<Required<LocalStack>['temporal'], 'address' | 'namespace' | 'uiUrl'> & {
    readonly codec?: { readonly port: number };
  };
  readonly nats: Required<LocalStack>['nats'];
  readonly postgres: Required<LocalStack>['postgres'];
}

/** Prepares Tourniquet itself on a local stack: keys, database, settings, and its five processes, not started yet. */
export async function prepareDeployment(stack: DeploymentStack, options: DeploymentOptions): Promise<LocalDeployment> {
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
  const policyFile = join(directory, 'policy.yaml');
  if (options.policy) await writeFile(policyFile, stringify(options.policy), { mode: 0o600 });
  const env: Record<string, string> = {
    TOURNIQUET_TEMPORAL_ADDRESS: stack.temporal.address,
    TOURNIQUET_TEMPORAL_NAMESPACE: stack.temporal.namespace,
    TOURNIQUET_TEMPORAL_UI_URL: stack.temporal.uiUrl,
    TOURNIQUET_PAYLOAD_KEYS_FILE: keys.payload,
    TOURNIQUET_CODEC_TOKEN_FILE: keys.codecToken,
    ...(stack.temporal.codec ? { TOURNIQUET_CODEC_PORT: String(stack.temporal.codec.port) } : {}),
    TOURNIQUET_NATS_URL: stack.nats.url,
    TOURNIQUET_PARTITIONS: String(PARTITIONS),
    TOURNIQUET_DATABASE_URL_FILE: databaseUrlFile,
    TOURNIQUET_SEALING_KEY_FILE: keys.sealing,
    TOURNIQUET_FINGERPRINT_KEYS_FILE: keys.fingerprint,
    TOURNIQUET_AUDIT_KEY_FILE: keys.audit,
    TOURNIQUET_CHECKPOINT_KEY_FILE: keys.checkpoint,
    TOURNIQUET_CHECKPOINT_FILE: join(directory, 'audit-checkpoints.jsonl'),
    TOURNIQUET_APPROVAL_KEY_FILE: keys.approval,
    TOURNIQUET_APPROVAL_PUBLIC_KEY_FILE: keys.approvalPublic,
    // Whatever ran on this Temporal before, this is what is to run now.
    TOURNIQUET_PROMOTE_BUILD: 'at-start',
    TOURNIQUET_HOOK_KEY_FILE: keys.hook,
    TOURNIQUET_SETTINGS_FILE: settingsFile,
    TOURNIQUET_GATEWAY_PORT: String(gatewayPort),
    ...(await gatewayOwn(place, 'gateway')),
    TOURNIQUET_API_PORT: String(apiPort),
    ...(options.policy ? { TOURNIQUET_POLICY_FILE: policyFile } : {}),
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
    PROCESSES.map((role) => [role, productProcess(role, role, place, environmentOf(role))]),
  ) as Record<ProductProcess, ManagedProcess>;
  const extraGateways: ManagedProcess[] = [];
  return {
    ...place,
    env,
    envFile,
    environmentOf,
    processes,
    async start(which = PROCESSES) {
      for (const role of which) await processes[role].start();
    },
    async startGateway({ id, natsUrl, fallbackUrl }) {
      const port = await freePort();
      const own = await gatewayOwn(place, id);
      const gateway = productProcess(id, 'gateway', place, {
        ...environmentOf('gateway'),
        ...own,
        TOURNIQUET_GATEWAY_PORT: String(port),
        ...(natsUrl === undefined ? {} : { TOURNIQUET_NATS_URL: natsUrl }),
        ...(fallbackUrl === undefined ? {} : { TOURNIQUET_GATEWAY_FALLBACK_URL: fallbackUrl }),
      });
      extraGateways.push(gateway);
      await gateway.start();
      return {
        url: `http://127.0.0.1:${port}`,
        snapshotFile: own.TOURNIQUET_GATEWAY_SNAPSHOT_FILE,
        process: gateway,
      };
    },
    async stop() {
      for (const gateway of extraGateways) await gateway.stop();
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

/** What each gateway has for itself. Its key is made anew: the file and the database may not be of the same age. */
async function gatewayOwn(place: DeploymentPlace, id: string) {
  return {
    TOURNIQUET_GATEWAY_ID: id,
    TOURNIQUET_GATEWAY_SNAPSHOT_FILE: join(place.directory, `${id}.denylist.json`),
    TOURNIQUET_GATEWAY_FALLBACK_URL: place.apiUrl,
    TOURNIQUET_GATEWAY_FALLBACK_KEY_FILE: await issueGatewayKey(
      place.databaseUrlFile,
      join(place.directory, 'keys'),
      id,
    ),
  };
}

function productProcess(
  name: string,
  role: ProductProcess,
  place: DeploymentPlace,
  env: Readonly<Record<string, string>>,
): ManagedProcess {
  const logFile = join(place.directory, `${name}.log`);
  return new ManagedProcess({
    name,
    program: process.execPath,
    args: [compiledProgram('workers', 'main.js'), role],
    cwd: place.directory,
    logFile,
    pidFile: join(place.directory, `${name}.pid`),
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
