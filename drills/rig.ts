import { createPublicKey, randomBytes } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { connect, type NatsConnection } from '@nats-io/transport-node';
import type { ActivityDeps } from '../activities/deps';
import { issueFirstVersion } from '../activities/issue-first-version';
import { createApiKeyStore } from '../activities/store/api-keys';
import { createAuditLog } from '../activities/store/audit-log';
import { openDatabase, type Database } from '../activities/store/database';
import { createSecretClient, followCredential, ManagedCredential, ResilientPool } from '../client';
import type { Credential } from '../domain/credential';
import { deployWithOrders } from './estate/deploy';
import { openBucket } from '../enforcement/buckets';
import { inboxOf, makeNatsRoles } from '../stack/nats-roles';
import { compiledProgram } from '../stack/compiled-program';
import type { LocalDeployment } from '../stack/local-deployment';
import { startLocalStack, type LocalStack } from '../stack/local-stack';
import { ManagedProcess } from '../stack/managed-process';
import { parseConfig, readSecretFile } from '../workers/config';
import { readKey } from '../workers/keys';
import { createLog } from '../workers/log';
import { connectNats } from '../workers/nats';
import { createResponseDeps } from '../workers/response/response-deps';

/** A whole product on real servers whose response workers the test starts, kills and starts again itself. */
export interface Rig {
  readonly stack: Required<LocalStack>;
  readonly deployment: LocalDeployment;
  readonly deps: ActivityDeps;
  readonly database: Database;
  readonly nats: NatsConnection;
  /** Registers a database credential with one dependent that follows it; tells which version the dependent uses. */
  addCredential(id: string): Promise<{ readonly credential: Credential; usedVersion(): number }>;
  /** A response worker of its own task queue. `doom`: a module to preload and what it is told, for workers that are to die. */
  startWorker(
    name: string,
    taskQueue: string,
    doom?: { readonly preload: string; readonly env: Record<string, string> },
  ): Promise<ManagedProcess>;
  auditIsWhole(): Promise<boolean>;
  stop(): Promise<void>;
}

export async function startRig(): Promise<Rig> {
  const natsRoles = makeNatsRoles();
  const stack = (await startLocalStack({ natsConfig: natsRoles.serverConfig })) as Required<LocalStack>;
  const ends: (() => Promise<unknown>)[] = [() => stack.stop()];
  const channel = [{ notifier: 'console', target: '' }];
  const audiences = { engineering: channel, security: channel, product: channel };
  const deployment = await deployWithOrders(stack, { natsRoles, audiences });
  ends.push(() => deployment.stop());
  await deployment.start(['api', 'gateway']);
  const config = parseConfig('response', deployment.environmentOf('response'));
  const nats = await connectNats(config, 'test');
  const database = openDatabase(readSecretFile(deployment.databaseUrlFile), { applicationName: 'test' });
  const deps = await createResponseDeps(config, nats, database, createLog('test', 'error'));
  ends.push(
    () => database.end(),
    () => nats.drain(),
  );
  const { user, password } = natsRoles.users.dependent;
  const dependents = await connect({ servers: stack.nats.url, user, pass: password, inboxPrefix: inboxOf(user) });
  ends.push(() => dependents.drain());
  async function addCredential(id: string) {
    const dependentId = `${id}-service`;
    const credential: Credential = {
      id,
      provider: 'postgres-role',
      account: 'orders',
      principal: id.replaceAll('-', '_'),
      principalKind: 'workload',
      ownerTeam: 'payments',
      criticality: 1,
      enforcement: 'provider',
      protection: 'normal',
      scopes: [],
      knownContexts: [],
      dependents: [{ id: dependentId, kind: 'kv-pull', target: '', owner: 'payments', criticality: 1 }],
    };
    await issueFirstVersion(deps, credential);
    const key = await createApiKeyStore(database).issue(dependentId, 'dependent');
    const managed = await ManagedCredential.open(id, 'postgres', createSecretClient(deployment.apiUrl, key));
    const pool = new ResilientPool(managed, { pool: { max: 1 } });
    const stopFollowing = await followCredential(
      { credential: managed, probe: async () => void (await pool.query('SELECT 1', [], { safeToRepeat: true })) },
      {
        dependentId,
        credentials: await openBucket(dependents, 'credentials'),
        acks: await openBucket(dependents, 'acks'),
        onError: () => undefined,
      },
    );
    ends.push(
      () => pool.end(),
      () => Promise.resolve(stopFollowing()),
    );
    return { credential, usedVersion: () => managed.held.version };
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

  const checkpoints = {
    file: deployment.env['TOURNIQUET_CHECKPOINT_FILE'] ?? '',
    key: createPublicKey(readSecretFile(deployment.keys.checkpoint)),
  };
  return {
    stack,
    deployment,
    deps,
    database,
    nats,
    addCredential,
    startWorker,
    auditIsWhole: async () => (await createAuditLog(database, readKey(deployment.keys.audit)).verify(checkpoints)).ok,
    async stop() {
      for (const end of ends.reverse()) await end();
    },
  };
}
