import { createApiKeyStore } from '../../activities/store/api-keys';
import { createApiClient } from '../../client';
import { parseIncidentId } from '../../domain/credential';
import { AUDIENCES } from '../../domain/ports/notifier';
import type { UsageEvent } from '../../domain/usage-event';
import { prepareDeployment } from '../../stack/local-deployment';
import { connectAs } from '../../stack/provision-nats';
import { incidentUrl } from '../../workers/temporal';
import type { IncidentView } from '../../workflows/messages';
import { timesOf } from '../demo/credential-report';
import { followIncident } from '../demo/follow-incident';
import { openChannels, startProduct, type Product, type SceneOptions } from '../demo/product';
import type { CredentialReport, DemoReport } from '../demo/report';
import type { Recording } from '../../recordings/read-recording';
import { playRecording } from './play-recording';
import { untilJudged } from './until-judged';

/** From the last event to the last answer; a rotation that asks nobody takes seconds. */
const ANSWER_WITHIN_MS = 60_000;

/** Plays recorded use through the product's own intake, and reports every incident that came of it. */
export async function runReplay(options: SceneOptions, recording: Recording): Promise<DemoReport> {
  const { tell, closers, stack, natsRoles } = options;
  const { signal } = closers;
  const { sink, audiences } = await openChannels(closers);
  const deployment = await prepareDeployment(stack, {
    ...(natsRoles ? { natsRoles } : {}),
    settings: () => Promise.resolve({ audiences }),
  });
  await closers.add(() => deployment.stop());
  const product = await startProduct(options, deployment, sink);
  // The only one that may look at all consumers.
  const admin = natsRoles ? await connectAs(stack.nats.url, natsRoles.users.admin) : product.nats;
  await closers.add(() => admin.drain());

  const key = await createApiKeyStore(product.database).issue('replay', 'reporter');
  const api = createApiClient({ url: deployment.apiUrl, key });
  const subjects = new Set(recording.events.map(({ subject }) => subject));
  tell(
    `replaying ${recording.events.length} uses of ${subjects.size} keys (${recording.records} records, ${recording.ignored} without a key, ${recording.malformed} malformed)`,
  );
  for (const fault of recording.faults) tell(`malformed: ${fault}`);
  const { shiftMs, playedAt } = await playRecording(recording.events, (events) => api.reportUsage(events), { signal });
  await untilJudged(admin, signal);

  const deadline = Date.now() + ANSWER_WITHIN_MS;
  const ids = await openedIncidents(product);
  const credentials = await Promise.all(
    ids.map(async (id) => {
      const view = await followIncident(product.client, id, deadline, (_at, line) => tell(`${id}  ${line}`), {
        signal,
        isOver: ({ incident }) => incident.stage === 'closed' || incident.stage === 'waiting-for-person',
      });
      return reportOf(product, id, view, firstAbuse(recording.events, view, shiftMs, playedAt));
    }),
  );
  return {
    replayed: {
      records: recording.records,
      uses: recording.events.length,
      keys: subjects.size,
      ignored: recording.ignored,
      malformed: recording.malformed,
    },
    credentials,
    legitimateRequests: null,
    failedLegitimateRequests: null,
    ambiguousLegitimateRequests: null,
    slowestLegitimateMs: null,
    incidentsBeforeTheLeak: null,
    auditVerified: await product.verifyAudit(),
    temporalUi: stack.temporal.uiUrl,
  };
}

/** By the dispatcher's own record of what it has handed to Temporal: search attributes would follow a moment later. */
async function openedIncidents({ database, client }: Product): Promise<readonly string[]> {
  const { rows } = await database.query<{ incident_id: string }>(
    'SELECT DISTINCT incident_id FROM handled_detections ORDER BY incident_id',
  );
  const opened = await Promise.all(
    // What was only recorded has no workflow.
    rows.map(({ incident_id: id }) =>
      client.workflow
        .getHandle(id)
        .describe()
        .then(
          () => [id],
          () => [],
        ),
    ),
  );
  return opened.flat();
}

/** When the first use that the incident accuses was handed in: what answered it can't be measured from the recording's own time. */
function firstAbuse(
  events: readonly UsageEvent[],
  view: IncidentView | undefined,
  shiftMs: number,
  playedAt: ReadonlyMap<string, number>,
): number | null {
  if (!view) return null;
  const since = view.incident.evidence.firstAbuseAt - shiftMs;
  const event = events.find(({ at, subject }) => at >= since && view.credentialId.endsWith(subject));
  return (event && playedAt.get(event.id)) ?? null;
}

async function reportOf(
  { client, refusals, sink, stack }: Product,
  id: string,
  view: IncidentView | undefined,
  begin: number | null,
): Promise<CredentialReport> {
  const { credentialId, version } = parseIncidentId(id) ?? { credentialId: id, version: 1 };
  const { runId } = await client.workflow.getHandle(id).describe();
  const refusedAt = refusals.refusedAt(credentialId, version);
  const waits = view?.incident.stage === 'waiting-for-person' && view.incident.milestones.contained !== undefined;
  return {
    id: credentialId,
    provider: view?.credential?.provider ?? 'unknown',
    strategy: view?.plan?.strategy ?? null,
    refusedMs: refusedAt === null || begin === null ? null : refusedAt - begin,
    ...timesOf(view, begin),
    attackerSuccessesAfterRefusal: null,
    attackerSessionsAlive: null,
    audiencesNotified: AUDIENCES.filter((audience) =>
      sink.received.some((one) => one.audience === audience && one.credential === credentialId),
    ),
    outcome: view?.incident.outcome ?? (waits ? 'contained-waiting-for-person' : null),
    ...(view?.plan?.leftToPerson ? { leftToPerson: view.plan.leftToPerson } : {}),
    workflowId: id,
    runId,
    url: incidentUrl(stack.temporal.uiUrl, stack.temporal.namespace, id, runId),
  };
}
