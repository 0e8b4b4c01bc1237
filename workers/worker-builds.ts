import { setTimeout as sleep } from 'node:timers/promises';
import { isGrpcServiceError, type Connection } from '@temporalio/client';
import { IncidentError } from '../domain/errors';

/** Temporal's name for all response workers together (Worker Deployment). */
export const DEPLOYMENT_NAME = 'tourniquet-response';

export interface WorkerBuild {
  readonly buildId: string;
  /** Where new incidents go. */
  readonly isCurrent: boolean;
  /** `draining` while incidents that began on it are open; `drained` when its workers may be stopped. */
  readonly drainage: 'current' | 'draining' | 'drained' | 'unknown';
}

type Service = Pick<Connection, 'workflowService'>;

/** temporal.api.enums.v1.VersionDrainageStatus */
const DRAINAGE: readonly WorkerBuild['drainage'][] = ['unknown', 'draining', 'drained'];
/** Statuses of gRPC. */
const NOT_FOUND = 5;
const FAILED_PRECONDITION = 9;

/** Temporal hears of a new worker within about a second. */
const REGISTER_MS = 15_000;
const POLL_MS = 100;

/** Every build of the response workers that Temporal knows; none before the first worker has asked for work. */
export async function listBuilds({ workflowService }: Service, namespace: string): Promise<readonly WorkerBuild[]> {
  try {
    const { workerDeploymentInfo: info } = await workflowService.describeWorkerDeployment({
      namespace,
      deploymentName: DEPLOYMENT_NAME,
    });
    const current = info?.routingConfig?.currentDeploymentVersion?.buildId;
    return (info?.versionSummaries ?? []).map(({ deploymentVersion, drainageStatus }) => {
      const buildId = deploymentVersion?.buildId ?? '';
      const isCurrent = buildId === current;
      return { buildId, isCurrent, drainage: isCurrent ? 'current' : (DRAINAGE[drainageStatus ?? 0] ?? 'unknown') };
    });
  } catch (error) {
    if (isGrpcServiceError(error) && Number(error.code) === NOT_FOUND) return [];
    throw error;
  }
}

/** From now on new incidents begin on this build; those that run stay where they began. @throws IncidentError BUILD_UNKNOWN */
export async function promoteBuild(
  service: Service,
  namespace: string,
  buildId: string,
  { ignoreMissingTaskQueues = false } = {},
): Promise<void> {
  const builds = await listBuilds(service, namespace);
  if (!builds.some((build) => build.buildId === buildId))
    throw new IncidentError('BUILD_UNKNOWN', {
      build: buildId,
      known: builds.map((build) => build.buildId).join(', '),
    });
  const request = {
    namespace,
    deploymentName: DEPLOYMENT_NAME,
    buildId,
    ignoreMissingTaskQueues,
    identity: 'tourniquet',
  };
  const deadline = Date.now() + REGISTER_MS;
  for (;;) {
    try {
      await service.workflowService.setWorkerDeploymentCurrentVersion(request);
      return;
    } catch (error) {
      // Its workers poll, but Temporal has not heard of all their task queues yet; or they do not, which it goes on saying.
      const isEarly = isGrpcServiceError(error) && Number(error.code) === FAILED_PRECONDITION;
      if (!isEarly || Date.now() > deadline) throw error;
      await sleep(POLL_MS);
    }
  }
}

/**
 * Waits until Temporal knows a build whose worker has just begun to poll, and makes it current if `demanded`, or if none is: the first build of a
 * deployment needs nobody, and a later one waits for whoever deploys it.
 */
export async function registerBuild(
  service: Service,
  namespace: string,
  buildId: string,
  { demanded }: { readonly demanded: boolean },
): Promise<'current' | 'waiting'> {
  const deadline = Date.now() + REGISTER_MS;
  for (;;) {
    const builds = await listBuilds(service, namespace);
    const own = builds.find((build) => build.buildId === buildId);
    if (own?.isCurrent) return 'current';
    if (own && (demanded || !builds.some(({ isCurrent }) => isCurrent))) {
      await promoteBuild(service, namespace, buildId, { ignoreMissingTaskQueues: true });
      return 'current';
    }
    if (own) return 'waiting';
    if (Date.now() > deadline) throw new IncidentError('BUILD_UNKNOWN', { build: buildId });
    await sleep(POLL_MS);
  }
}
