import { setTimeout as sleep } from 'node:timers/promises';
import type { Credential } from '../../domain/credential';
import { incidentId } from '../../domain/credential';
import { AUDIENCES } from '../../domain/ports/notifier';
import { incidentUrl } from '../../workers/temporal';
import type { IncidentView } from '../../workflows/messages';
import { AttackLog, type AttackSummary } from '../estate/attack-log';
import type { EstateProcess } from '../estate/estate-process';
import type { LoadCounters } from '../estate/load';
import { timesOf } from './credential-report';
import { followIncident } from './follow-incident';
import { successesAfter, sumLoad, type CredentialReport, type DemoReport } from './report';
import type { Scene } from './scene';
import { whatItWaitsFor } from './what-it-waits-for';

/** The attacker goes on for this long after the last incident is closed: what is dead must stay dead. */
const AFTERMATH_MS = 2_000;
const ANSWER_WITHIN_MS = 120_000;

/** Of an attacker that has counted nothing. */
const NO_ATTACK = new AttackLog().summary();

export interface Watching {
  readonly tell: (line: string) => void;
  readonly signal: AbortSignal;
}

/** Follows the answer to an attack until it is closed, lets the attacker go on a little, and reports what everybody saw. */
export async function watchTheAnswer(
  scene: Scene,
  attacker: EstateProcess,
  { incidentsBeforeTheLeak, ...watching }: Watching & { readonly incidentsBeforeTheLeak: number },
): Promise<DemoReport> {
  const credentials = await watchTheLeak(scene, scene.estate.credentials, attacker, watching);
  return sumUp(scene, credentials, { incidentsBeforeTheLeak, tell: watching.tell });
}

/** The same of some credentials: what became of each. */
export async function watchTheLeak(
  scene: Scene,
  credentials: readonly Credential[],
  attacker: EstateProcess,
  { tell, signal }: Watching,
): Promise<readonly CredentialReport[]> {
  const begin = Date.now();
  const views = await Promise.all(
    credentials.map((credential) =>
      followIncident(
        scene.client,
        incidentId(credential.id, 1),
        begin + ANSWER_WITHIN_MS,
        (at, line) => tell(`${credential.id.padEnd(14)} +${((at - begin) / 1000).toFixed(2)} s  ${line}`),
        { signal },
      ),
    ),
  );
  for (const [index, { id }] of credentials.entries())
    if (views[index]?.incident.stage !== 'closed')
      tell(`${id}: not closed: ${await whatItWaitsFor(scene.client, incidentId(id, 1)).catch(String)}`);
  await sleep(AFTERMATH_MS, undefined, { signal });
  const attacks = (await attacker.counters()) as Record<string, AttackSummary>;
  // While the attacker is there: its end would end its sessions.
  const reports = await Promise.all(
    credentials.map((credential, index) =>
      reportOf(scene, credential, attacks[credential.id] ?? NO_ATTACK, views[index]),
    ),
  );
  await attacker.stop();
  return reports;
}

/** What the services saw of it, and what the audit log says. */
export async function sumUp(
  scene: Scene,
  credentials: readonly CredentialReport[],
  { incidentsBeforeTheLeak, tell }: { readonly incidentsBeforeTheLeak: number; readonly tell: Watching['tell'] },
): Promise<DemoReport> {
  const load = await Promise.all(
    scene.estate.services.map(async (service) => (await service.counters()) as LoadCounters),
  );
  const failing = load.flatMap((one) => Object.entries(one.errors)).map(([error, count]) => `${error}: ${count}`);
  if (failing.length > 0) tell(`legitimate failures: ${failing.join(', ')}`);
  return {
    credentials,
    ...sumLoad(load),
    incidentsBeforeTheLeak,
    auditVerified: await scene.verifyAudit(),
    temporalUi: scene.stack.temporal.uiUrl,
  };
}

async function reportOf(
  scene: Scene,
  credential: Credential,
  attack: AttackSummary,
  view: IncidentView | undefined,
): Promise<CredentialReport> {
  const id = incidentId(credential.id, 1);
  const { runId } = await scene.client.workflow.getHandle(id).describe();
  const atGateway = credential.enforcement === 'gateway';
  const { contained = null, revoked = null } = view?.incident.milestones ?? {};
  const capabilities = scene.deps.providers.get(credential.provider)?.capabilities;
  // What was given for it lives on, or it can't be refused itself, until it is revoked.
  const hasGap = capabilities?.derivedTokens === 'live-on' || capabilities?.quarantine === 'none';
  const atProvider = hasGap ? revoked : contained;
  const refusedAt = atGateway ? scene.refusals.refusedAt(credential.id, 1) : atProvider;
  const sessions = await scene.estate.sessionsAlive(credential);
  const { uiUrl, namespace } = scene.stack.temporal;
  return {
    id: credential.id,
    provider: credential.provider,
    strategy: view?.plan?.strategy ?? null,
    refusedMs:
      atGateway && refusedAt !== null && attack.firstSuccessAt !== null ? refusedAt - attack.firstSuccessAt : null,
    ...timesOf(view, attack.firstSuccessAt),
    attackerSuccessesAfterRefusal: successesAfter(attack, refusedAt),
    ...(hasGap ? { attackerSuccessesInGap: successesAfter(attack, contained) - successesAfter(attack, revoked) } : {}),
    attackerSessionsAlive: sessions ?? null,
    ...(sessions === undefined ? { keepsNoSessions: true as const } : {}),
    ...(capabilities ? { overlap: capabilities.overlap } : {}),
    audiencesNotified: AUDIENCES.filter((audience) =>
      scene.sink.received.some(
        (one) => one.audience === audience && one.credential === credential.id && one.kind === 'resolved',
      ),
    ),
    outcome: view?.incident.outcome ?? null,
    workflowId: id,
    runId,
    url: incidentUrl(uiUrl, namespace, id, runId),
  };
}
