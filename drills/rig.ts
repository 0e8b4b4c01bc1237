import { randomBytes } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import type { NatsConnection } from '@nats-io/transport-node';
import type { ActivityDeps } from '../activities/deps';
import { issueFirstVersion } from '../activities/issue-first-version';
import { createApiKeyStore } from '../activities/store/api-keys';
import type { ChainCheck } from '../activities/store/audit-chain';
import type { Database } from '../activities/store/database';
import {
  createResilientFetch,
  createSecretClient,
  followCredential,
  ManagedCredential,
  ResilientPool,
  type ManagedUse,
  type SecretClient,
} from '../client';
import type { ActionBudgets } from '../domain/action-budget';
import type { Credential } from '../domain/credential';
import { openResponseParts } from './response-parts';
import { auditVerifier } from './audit-verifier';
import { deployWithOrders } from './estate/deploy';
import { openBucket } from '../enforcement/buckets';
import { makeNatsRoles } from '../stack/nats-roles';
import { compiledProgram } from '../stack/compiled-program';
import type { LocalDeployment } from '../stack/local-deployment';
import { startLocalStack, type LocalStack } from '../stack/local-stack';
import { connectAs } from '../stack/provision-nats';
import { ManagedProcess } from '../stack/managed-process';
import type { Settings } from '../workers/settings';

/** A whole product on real servers whose response workers the test starts, kills and starts again itself. */
export interface Rig {
  readonly stack: Required<LocalStack>;
  readonly deployment: LocalDeployment;
  readonly deps: ActivityDeps;
  readonly database: Database;
  readonly nats: NatsConnection;
  /** Registers a credential with one dependent that follows it; tells which version the dependent uses. */
  addCredential(
    id: string,
    kind?: RigCredential,
    more?: Partial<Credential>,
  ): Promise<{ readonly credential: Credential; usedVersion(): number }>;
  /** A response worker of its own task queue. `doom`: a module to preload and what it is told, for workers that are to die. */
  startWorker(
    name: string,
    taskQueue: string,
    doom?: { readonly preload: string; readonly env: Record<string, string> },
  ): Promise<ManagedProcess>;
  checkAudit(): Promise<ChainCheck>;
  stop(): Promise<void>;
}

/** A database password, enforced by its provider, or an API token, enforced by the gateway. */
export type RigCredential = 'postgres-role' | 'api-token';

function credentialOf(id: string, kind: RigCredential): Credential {
  const atGateway = kind === 'api-token';
  return {
    id,
    provider: kind,
    account: atGateway ? 'default' : 'orders',
    principal: id.replaceAll('-', '_'),
    principalKind: 'workload',
    ownerTeam: 'payments',
    criticality: 1,
    enforcement: atGateway ? 'gateway' : 'provider',
    protection: 'normal',
    scopes: [],
    knownContexts: atGateway ? [{ id: `${id}-service`, networks: ['127.0.0.1/32'], dependent: `${id}-service` }] : [],
    dependents: [{ id: `${id}-service`, kind: 'kv-pull', target: '', owner: 'payments', criticality: 1 }],
  };
}

/** A rig plays many leaks of one team, which the breaker would stop. */
const NO_BREAKER: ActionBudgets = { windowSeconds: 1, perProvider: 1_000_000, perTeam: 1_000_000 };

export interface RigOptions {
  readonly budgets?: ActionBudgets;
  /** How long closed incidents are watched; by default as long as the product does. */
  readonly watchSeconds?: number;
  readonly audiences?: Settings['audiences'];
  readonly dependents?: Settings['dependents'];
}

export async function startRig(options: RigOptions = {}): Promise<Rig> {
  const natsRoles = makeNatsRoles();
  const stack = (await startLocalStack({ natsConfig: natsRoles.serverConfig })) as Required<LocalStack>;
  const ends: (() => Promise<unknown>)[] = [() => stack.stop()];
  const channel = [{ notifier: 'console', target: '' }];
  const { audiences = { engineering: channel, security: channel, product: channel }, budgets = NO_BREAKER } = options;
  const deployment = await deployWithOrders(stack, {
    natsRoles,
    audiences,
    dependents: options.dependents,
    policy: {
      version: 1,
      budgets,
      ...(options.watchSeconds === undefined ? {} : { watchSeconds: options.watchSeconds }),
    },
  });
  ends.push(() => deployment.stop());
  await deployment.start(['api', 'gateway']);
  const { nats, database, deps } = await openResponseParts(deployment, 'test', (end) => ends.push(end));
  const dependents = await connectAs(stack.nats.url, natsRoles.users.dependent);
  ends.push(() => dependents.drain());

  async function addCredential(id: string, kind: RigCredential = 'postgres-role', more: Partial<Credential> = {}) {
    const credential = { ...credentialOf(id, kind), ...more };
    const [{ id: dependentId } = { id: '' }] = credential.dependents;
    await issueFirstVersion(deps, credential);
    const key = await createApiKeyStore(database).issue(dependentId, 'dependent');
    const secrets = createSecretClient(deployment.apiUrl, key);
    const use = kind === 'postgres-role' ? await useDatabase(id, secrets) : await useToken(id, secrets);
    const stopFollowing = await followCredential(use, {
      dependentId,
      credentials: await openBucket(dependents, 'credentials'),
      acks: await openBucket(dependents, 'acks'),
      onError: () => undefined,
    });
    ends.push(() => Promise.resolve(stopFollowing()));
    return { credential, usedVersion: () => use.credential.held.version };
  }

  async function useDatabase(id: string, secrets: SecretClient): Promise<ManagedUse> {
    const credential = await ManagedCredential.open(id, 'postgres', secrets);
    const pool = new ResilientPool(credential, { pool: { max: 1 } });
    ends.push(() => pool.end());
    return { credential, probe: async () => void (await pool.query('SELECT 1', [], { safeToRepeat: true })) };
  }

  async function useToken(id: string, secrets: SecretClient): Promise<ManagedUse> {
    const credential = await ManagedCredential.open(id, 'api-token', secrets);
    const send = createResilientFetch(credential);
    return {
      credential,
      async probe() {
        const response = await send(`${deployment.gatewayUrl}/authorize`);
        await response.body?.cancel();
        if (!response.ok) throw Object.assign(new Error('the gateway refused'), { code: response.status });
      },
    };
  }

  async function startWorker(
    name: string,
    taskQueue: string,
    doom?: { readonly preload: string; readonly env: Record<string, string> },
  ): Promise<ManagedProcess> {
    const logFile = path.join(deployment.directory, `${name}-${randomBytes(3).toString('hex')}.log`);
    const preload = doom ? ['--require', doom.preload] : [];
    const worker = new ManagedProcess({
      name,
      program: process.execPath,
      args: [...preload, compiledProgram('workers', 'main.js'), 'response'],
      cwd: deployment.directory,
      logFile,
      pidFile: `${logFile}.pid`,
      stopSignal: 'SIGTERM',
      graceSeconds: 10,
      readyTimeoutMs: 60_000,
      probe: async () => {
        if (!(await readFile(logFile, 'utf8')).includes('"msg":"ready"')) throw new Error('not ready yet');
      },
      env: {
        ...deployment.environmentOf('response'),
        TOURNIQUET_TASK_QUEUE: taskQueue,
        ...doom?.env,
      },
    });
    await worker.start();
    return worker;
  }

  return {
    stack,
    deployment,
    deps,
    database,
    nats,
    addCredential,
    startWorker,
    checkAudit: auditVerifier(database, deployment),
    async stop() {
      for (const end of ends.reverse()) await end();
    },
  };
}
