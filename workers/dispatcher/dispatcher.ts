import type { Client } from '@temporalio/client';
import type { Logger } from 'pino';
import type { DeliveryLog } from '../../activities/store/delivery-log';
import { joinOrStartIncident } from '../../client/start-incident';
import { incidentId, type InventoryRecord } from '../../domain/credential';
import type { DetectionMessage } from '../../domain/detection';
import { mergeAssessments, provenBy } from '../../domain/merge-assessments';
import type { Policy } from '../../domain/policy';
import { atLeast } from '../../domain/severity';
import type { Subject } from '../../domain/subject';
import { unregisteredRecord } from '../../domain/unregistered-credential';
import type { Newcomers } from './newcomers';

export interface DispatcherParts {
  readonly client: Client;
  readonly taskQueue: string;
  readonly policy: Policy;
  readonly inventory: { lookup(subject: Subject): InventoryRecord | undefined };
  /** Asks the truth: the projection that `inventory` reads may be behind. */
  readonly registered: (subject: Subject) => Promise<InventoryRecord | undefined>;
  readonly deliveries: DeliveryLog;
  readonly newcomers: Newcomers;
  readonly log: Logger;
}

/** What became of detections about one version. */
export type Dispatched = 'joined' | 'recorded' | 'tripwire';

/**
 * Turns detections about one subject into an incident, or into more evidence for it. Throws when Temporal or the database can't
 * be reached: the caller delivers them again. A subject nobody registered gets an incident too; @throws IncidentError
 * CREDENTIAL_UNKNOWN when there are too many of those.
 */
export async function dispatch(
  parts: DispatcherParts,
  messages: readonly [DetectionMessage, ...DetectionMessage[]],
): Promise<Dispatched> {
  const { subject } = messages[0].detection;
  const known = parts.inventory.lookup(subject) ?? (await parts.registered(subject));
  const record = known ?? unregisteredRecord(subject);
  // By id: one that was delivered again while it waited is still one.
  const byId = new Map(messages.map((message) => [message.detection.id, message]));
  const fresh = new Set(await parts.deliveries.unhandled([...byId.keys()]));
  const [first, ...rest] = [...byId.values()].filter(({ detection }) => fresh.has(detection.id));
  if (!first) return 'recorded';
  const about = {
    credential: record.credentialId,
    version: record.version,
    detector: first.detection.detector,
    severity: first.assessment.severity,
  };
  const result = await deliver(parts, record, [first, ...rest], known === undefined);
  await parts.deliveries.markHandled([...fresh], incidentId(record.credentialId, record.version));
  parts.log.info({ ...about, count: fresh.size, result }, 'detection dispatched');
  return result;
}

async function deliver(
  parts: DispatcherParts,
  record: InventoryRecord,
  messages: readonly [DetectionMessage, ...DetectionMessage[]],
  isNewcomer: boolean,
): Promise<Dispatched> {
  // Use of a revoked version never acts on the live one: it is evidence of the old leak, and nothing to contain.
  if (record.state === 'revoked' || record.state === 'discarded') return 'tripwire';
  const assessment = messages.map(provenBy).reduce(mergeAssessments);
  if (!atLeast(assessment.severity, parts.policy.incidentFrom)) return 'recorded';
  if (isNewcomer) parts.newcomers.admit(record.subject, Date.now());
  const latest = (messages.at(-1) ?? messages[0]).detection;
  const input = {
    credentialId: record.credentialId,
    version: record.version,
    assessment,
    policy: parts.policy,
    startedBy: 'detector',
  };
  const joined = await joinOrStartIncident(
    parts.client,
    input,
    record,
    { latest, assessment, count: messages.length },
    parts.taskQueue,
  );
  return joined.state === 'joined' ? 'joined' : 'tripwire';
}
