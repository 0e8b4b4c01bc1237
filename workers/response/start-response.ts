import { jetstreamManager } from '@nats-io/jetstream';
import type { Client } from '@temporalio/client';
import { NativeConnection, Runtime, Worker } from '@temporalio/worker';
import type { Logger } from 'pino';
import { createActivities } from '../../activities';
import { createDiscoveryActivities } from '../../activities/discovery';
import { createIntelActivities } from '../../activities/intel';
import { createReadinessActivities } from '../../activities/readiness';
import { createRegistrationActivities } from '../../activities/registration';
import { openDatabase, warmUp } from '../../activities/store/database';
import { createApiKeyStore } from '../../activities/store/api-keys';
import { createLeakReportStore } from '../../activities/store/leak-reports';
import { readSecretFile, type Config } from '../config';
import { encryptedDataConverter } from '../../client/data-converter';
import { ensureStreams } from '../detection/streams';
import { readPayloadKeys } from '../keys';
import { errorLabel } from '../log';
import { connectNats } from '../nats';
import type { Running } from '../running';
import { createTemporalClient } from '../temporal';
import { watchForAbandoned } from './abandoned-incidents';
import { createIntelDeps } from './intel-deps';
import { scheduleReadiness, scheduleThreatIntel } from './schedules';
import { PATIENT_ISOLATE } from './patient-isolate';
import { createResponseDeps } from './response-deps';
import { DEPLOYMENT_NAME, registerBuild } from '../worker-builds';
import { readResponseFiles } from './response-files';
import { sendDigestsInRounds } from './send-digests';
import { startSweep } from './sweep';
import { watchForLeakedApiKeys } from './leaked-api-keys';
import { watchForWaitingReports } from './waiting-reports';
import { builtId, workflowCode } from './workflow-code';

/** How long work in progress may take to end when the worker is stopped. */
const SHUTDOWN_GRACE = '10s';
/** As many as the activities of two incidents use at once. */
const WARM_CONNECTIONS = 8;

/** The worker that runs incidents: workflows and every activity. */
export async function startResponse(config: Config<'response'>, log: Logger): Promise<Running> {
  logThrough(log);
  const dataConverter = encryptedDataConverter(readPayloadKeys(config.TOURNIQUET_PAYLOAD_KEYS_FILE));
  const database = openDatabase(readDatabaseUrl(config), { applicationName: 'tourniquet-response' });
  await warmUp(database, WARM_CONNECTIONS);
  const nats = await connectNats(config, 'response');
  // Revoking tells the detectors, in their stream: it must be there even if no detection worker ever ran.
  await ensureStreams(await jetstreamManager(nats), { partitions: config.TOURNIQUET_PARTITIONS });
  const files = readResponseFiles(config);
  const deps = await createResponseDeps(config, files, nats, database, log);
  const intel = await createIntelDeps(nats, files.lists, config.TOURNIQUET_PARTITIONS);
  await deps.projection.write(await deps.inventory.records());
  await deps.checkpoint();
  const buildId = config.TOURNIQUET_BUILD_ID ?? builtId();
  const connection = await NativeConnection.connect({ address: config.TOURNIQUET_TEMPORAL_ADDRESS });
  const worker = await Worker.create({
    connection,
    namespace: config.TOURNIQUET_TEMPORAL_NAMESPACE,
    taskQueue: config.TOURNIQUET_TASK_QUEUE,
    dataConverter,
    activities: {
      ...createActivities(deps),
      ...createReadinessActivities(deps),
      ...createRegistrationActivities(deps),
      ...createDiscoveryActivities(deps),
      ...createIntelActivities(intel),
    },
    // A task of a workflow that was cached in a worker which died waits this long for it; the default is ten seconds.
    stickyQueueScheduleToStartTimeout: '1s',
    shutdownGraceTime: SHUTDOWN_GRACE,
    ...PATIENT_ISOLATE,
    // An incident ends on the build it began on, however many are deployed meanwhile.
    workerDeploymentOptions: {
      version: { deploymentName: DEPLOYMENT_NAME, buildId },
      useWorkerVersioning: true,
      defaultVersioningBehavior: 'PINNED',
    },
    ...workflowCode(),
  });
  const sweep = startSweep(deps, log);
  const temporal = createTemporalClient(config);
  const abandoned = watchForAbandoned(deps, temporal.client, log);
  const digests = sendDigestsInRounds(deps, log);
  const waiting = watchForWaitingReports(deps, createLeakReportStore(database), log);
  const leakedKeys = watchForLeakedApiKeys(deps, createApiKeyStore(database), log);
  const ran = worker.run();
  // A worker that fails ends its process: whoever supervises it starts it again, and Temporal goes on where it was.
  ran.catch((error: unknown) => {
    log.fatal(errorLabel(error), 'the worker failed');
    process.exitCode = 1;
    setImmediate(() => process.exit());
  });
  await register(temporal.client.connection, config, buildId, log);
  const { schedule } = temporal.client;
  await scheduleThreatIntel(schedule, config.TOURNIQUET_TASK_QUEUE, files.settings.threatIntel);
  await scheduleReadiness(schedule, config.TOURNIQUET_TASK_QUEUE, files.settings.readiness);
  return {
    isHealthy: () => worker.getState() === 'RUNNING' && !nats.isClosed(),
    async stop() {
      sweep.stop();
      abandoned.stop();
      waiting.stop();
      leakedKeys.stop();
      digests.stop();
      if (worker.getState() === 'RUNNING') worker.shutdown();
      await ran.catch(() => undefined);
      await connection.close();
      await temporal.close();
      await nats.drain();
      await database.end();
    },
  };
}

/** Says what becomes of the build: that it waits is no fault, but whoever deploys must know. */
async function register(
  connection: Client['connection'],
  config: Config<'response'>,
  buildId: string,
  log: Logger,
): Promise<void> {
  const demanded = config.TOURNIQUET_PROMOTE_BUILD === 'at-start';
  const state = await registerBuild(connection, config.TOURNIQUET_TEMPORAL_NAMESPACE, buildId, { demanded });
  log.info(
    { buildId, state },
    state === 'current' ? 'new incidents begin on this build' : 'this build waits to be promoted',
  );
}

function readDatabaseUrl(config: Config<'response'>): string {
  return readSecretFile(config.TOURNIQUET_DATABASE_URL_FILE);
}

function logThrough(log: Logger): void {
  const to = { TRACE: 'trace', DEBUG: 'debug', INFO: 'info', WARN: 'warn', ERROR: 'error' } as const;
  const write = (level: keyof typeof to) => (message: string, meta?: Record<string, unknown>) =>
    log[to[level]]({ temporal: pick(meta) }, message);
  Runtime.install({
    logger: {
      log: (level, message, meta) => write(level)(message, meta),
      trace: write('TRACE'),
      debug: write('DEBUG'),
      info: write('INFO'),
      warn: write('WARN'),
      error: write('ERROR'),
    },
  });
}

/** Only what names a workflow or an activity: the rest of the SDK's metadata may hold arguments or driver errors. */
function pick(meta: Record<string, unknown> | undefined): Record<string, unknown> {
  const known = [
    'workflowId',
    'runId',
    'workflowType',
    'activityType',
    'activityId',
    'attempt',
    'taskQueue',
    'errorCode',
  ];
  const named = Object.fromEntries(Object.entries(meta ?? {}).filter(([name]) => known.includes(name)));
  const error = meta?.['error'];
  return error === undefined ? named : { ...named, ...errorLabel(error) };
}
