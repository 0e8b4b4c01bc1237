import { createPublicKey, type KeyObject } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Client } from '@temporalio/client';
import { createAuditLog } from '../../activities/store/audit-log';
import { openDatabase } from '../../activities/store/database';
import { incidentId } from '../../domain/credential';
import type { Incident } from '../../domain/incident';
import type { Channel } from '../../activities/deps';
import { AUDIENCES, type Audience } from '../../domain/ports/notifier';
import type { NatsRoles } from '../../stack/nats-roles';
import type { LocalDeployment } from '../../stack/local-deployment';
import { parseConfig, readSecretFile } from '../../workers/config';
import { readKey } from '../../workers/keys';
import { createLog } from '../../workers/log';
import { connectNats } from '../../workers/nats';
import { createResponseDeps } from '../../workers/response/response-deps';
import type { Settings } from '../../workers/settings';
import { createTemporalClient, incidentUrl } from '../../workers/temporal';
import type { AttackSummary } from '../estate/attack-log';
import { chooseEstatePorts, startEstate, startReportsApi, type Estate } from '../estate/estate';
import { deployWithOrders, type CompleteStack } from '../estate/deploy';
import { sessionsOf } from '../estate/estate-database';
import type { EstateProcess } from '../estate/estate-process';
import type { LoadCounters } from '../estate/load';
import type { SceneClosers } from '../scene-closers';
import { watchRefusals, type RefusalWatch } from '../refusal-watch';
import { followIncident } from './follow-incident';
import { startNoticeSink, type NoticeSink } from './notice-sink';
import { successesAfter, sumLoad, type CredentialReport, type DemoReport } from './report';

export interface DemoOptions {
  readonly stack: CompleteStack;
  /** Tells what happens, as it happens. */
  readonly tell: (line: string) => void;
  readonly normalLifeMs?: number;
  /** The users of the stack's NATS server, when it was started with them. */
  readonly natsRoles?: NatsRoles | undefined;
  /** Gets what ends each thing that is started. The caller closes it: when it has seen enough, or at once when interrupted. */
  readonly closers: SceneClosers;
}

const NORMAL_LIFE_MS = 6_000;
/** The attacker goes on for this long after the last incident is closed: what is dead must stay dead. */
const AFTERMATH_MS = 2_000;
const ANSWER_WITHIN_MS = 120_000;
const ATTACK_OF: Readonly<Record<string, 'token' | 'database'>> = { 'reports-token': 'token', 'orders-db': 'database' };

/** Plays the whole story on a running stack: normal life, a leak of two credentials, the answer, and what came of it. */
export async function runDemo(options: DemoOptions): Promise<DemoReport> {
  const { tell, normalLifeMs = NORMAL_LIFE_MS } = options;
  const scene = await setScene(options);
  tell(`normal life for ${normalLifeMs / 1000} s: ${scene.estate.services.length} services at work, detectors learn`);
  const { signal } = options.closers;
  await sleep(normalLifeMs, undefined, { signal });
  const before = await countIncidents(scene.client);
  tell('THE LEAK: an attacker uses the stolen token through the gateway and the stolen password at the database');
  const attacker = await scene.estate.startAttacker();
  return watchTheAnswer(scene, attacker, before, tell, signal);
}

interface Scene {
  readonly stack: CompleteStack;
  readonly deployment: LocalDeployment;
  readonly estate: Estate;
  readonly client: Client;
  readonly sink: NoticeSink;
  readonly refusals: RefusalWatch;
  readonly verifyAudit: () => Promise<boolean>;
}

/** Starts the product and the estate. */
async function setScene({ stack, tell, closers, natsRoles }: DemoOptions): Promise<Scene> {
  const sink = await startNoticeSink();
  await closers.add(() => sink.close());
  const ports = await chooseEstatePorts();
  const deployment = await deployWithOrders(stack, {
    natsRoles,
    upstream: `http://127.0.0.1:${ports.reportsApi}`,
    audiences: audiencesOf(sink),
    trustedProxies: ['127.0.0.1/32'],
    readPostgresLog: true,
  });
  // At once: on somebody else's server it also takes away what was made there.
  await closers.add(() => deployment.stop());
  const config = parseConfig('response', deployment.environmentOf('response'));
  const nats = await connectNats(config, 'demo');
  await closers.add(() => nats.drain());
  const database = openDatabase(readSecretFile(deployment.databaseUrlFile), { applicationName: 'tourniquet-demo' });
  await closers.add(() => database.end());
  const deps = await createResponseDeps(config, nats, database, createLog('demo', 'error'));

  const api = await startReportsApi(deployment.directory, ports);
  await closers.add(() => api.stop());
  tell('starting the api, gateway, response, dispatcher and detection processes');
  await deployment.start();
  tell(`the command line finds them by: set -a; . ${deployment.envFile}; set +a`);
  const refusals = await watchRefusals(nats);
  await closers.add(() => Promise.resolve(refusals.stop()));
  const estate = await startEstate(deployment, ports, {
    deps,
    database,
    natsUrl: stack.nats.url,
    natsUser: natsRoles?.users.dependent,
  });
  await closers.add(() => estate.stop());
  const { client, close } = createTemporalClient(config);
  await closers.add(close);
  const audit = createAuditLog(database, readKey(deployment.keys.audit));
  return {
    stack,
    deployment,
    estate,
    client,
    sink,
    refusals,
    verifyAudit: async () => (await audit.verify(checkpointsOf(deployment))).ok,
  };
}

/** The demo holds the audit log against its signed checkpoints, as an auditor would. */
function checkpointsOf({ env, keys }: LocalDeployment): { readonly file: string; readonly key: KeyObject } {
  return { file: env['TOURNIQUET_CHECKPOINT_FILE'] ?? '', key: createPublicKey(readSecretFile(keys.checkpoint)) };
}

function audiencesOf(sink: NoticeSink): Settings['audiences'] {
  const webhook = (audience: Audience): Channel => ({ notifier: 'webhook', target: sink.urlOf(audience) });
  return {
    engineering: [webhook('engineering')],
    security: [webhook('security'), { notifier: 'console', target: '' }],
    product: [webhook('product')],
  };
}

async function watchTheAnswer(
  scene: Scene,
  attacker: EstateProcess,
  incidentsBeforeTheLeak: number,
  tell: (line: string) => void,
  signal: AbortSignal,
): Promise<DemoReport> {
  const begin = Date.now();
  const deadline = begin + ANSWER_WITHIN_MS;
  const views = await Promise.all(
    scene.estate.credentials.map((credential) =>
      followIncident(
        scene.client,
        incidentId(credential.id, 1),
        deadline,
        (at, line) => tell(`${credential.id.padEnd(14)} +${((at - begin) / 1000).toFixed(2)} s  ${line}`),
        signal,
      ),
    ),
  );
  await sleep(AFTERMATH_MS, undefined, { signal });
  const attacks = (await attacker.counters()) as Record<'token' | 'database', AttackSummary>;
  await attacker.stop();
  const load = await Promise.all(
    scene.estate.services.map(async (service) => (await service.counters()) as LoadCounters),
  );
  const failing = load.flatMap((one) => Object.entries(one.errors)).map(([error, count]) => `${error}: ${count}`);
  if (failing.length > 0) tell(`legitimate failures: ${failing.join(', ')}`);
  const credentials = await Promise.all(
    scene.estate.credentials.map(async (credential, index): Promise<CredentialReport> => {
      const view = views[index];
      const attack = attacks[ATTACK_OF[credential.id] ?? 'token'];
      const id = incidentId(credential.id, 1);
      const { runId } = await scene.client.workflow.getHandle(id).describe();
      const milestones: Incident['milestones'] = view?.incident.milestones ?? {};
      const since = (at: number | null | undefined): number | null =>
        at === null || at === undefined || attack.firstSuccessAt === null ? null : at - attack.firstSuccessAt;
      const atGateway = credential.enforcement === 'gateway';
      const refusedAt = atGateway ? scene.refusals.refusedAt(credential.id, 1) : (milestones.contained ?? null);
      return {
        id: credential.id,
        provider: credential.provider,
        strategy: view?.plan?.strategy ?? null,
        refusedMs: atGateway ? since(refusedAt) : null,
        quarantinedMs: since(milestones.contained),
        replacedMs: since(milestones.moved),
        revokedMs: since(milestones.revoked),
        verifiedMs: since(milestones.verified),
        notifiedMs: since(milestones.notified),
        closedMs: since(milestones.closed),
        attackerSuccessesAfterRefusal: successesAfter(attack, refusedAt),
        attackerSessionsAlive:
          credential.provider === 'postgres-role'
            ? await sessionsOf(scene.stack.postgres.adminUrl, `${credential.principal}_v1`)
            : 0,
        audiencesNotified: AUDIENCES.filter((audience) =>
          scene.sink.received.some(
            (one) => one.audience === audience && one.credential === credential.id && one.kind === 'resolved',
          ),
        ),
        outcome: view?.incident.outcome ?? null,
        workflowId: id,
        runId,
        url: incidentUrl(scene.stack.temporal.uiUrl, scene.stack.temporal.namespace, id, runId),
      };
    }),
  );
  return {
    credentials,
    ...sumLoad(load),
    incidentsBeforeTheLeak,
    auditVerified: await scene.verifyAudit(),
    temporalUi: scene.stack.temporal.uiUrl,
  };
}

async function countIncidents(client: Client): Promise<number> {
  const { count } = await client.workflow.count(`WorkflowType = 'respondToLeak'`);
  return count;
}
