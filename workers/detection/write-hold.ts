import { incidentId, type InventoryRecord } from '../../domain/credential';
import type { DenylistEntry } from '../../domain/denylist';
import type { DetectionMessage } from '../../domain/detection';
import { copyContexts } from '../../domain/known-context';
import type { Policy } from '../../domain/policy';
import type { Denylist, DenylistWrite } from '../../domain/ports/denylist';
import { isLaneBreach, type Hold } from './publish-detection';

/** The hold of the detection side; `onHold` is told of each that is in force. */
export function createHold(
  denylist: Pick<Denylist, 'tighten' | 'get'>,
  policy: Policy,
  onHold: (record: InventoryRecord, write: DenylistWrite) => void,
): Hold {
  return async (message, record) => {
    const write = isLaneBreach(message)
      ? await closeLane(denylist, message, record, policy)
      : await denylist.tighten(holdEntry(message, record, policy, Date.now()));
    // The event is older than a person's decision to lift: it refuses nobody anew.
    if (!write || write.entry.status === 'lifted') return undefined;
    onHold(record, write);
    return { denylistRevision: write.revision, at: write.at };
  };
}

/** The provisional refusal: by the credential's known contexts where there are any, so that its dependents go on. */
export function holdEntry(
  { detection, assessment }: DetectionMessage,
  record: InventoryRecord,
  policy: Policy,
  now: number,
): DenylistEntry {
  const separable = record.knownContexts.length > 0;
  return {
    subject: detection.subject,
    credentialId: record.credentialId,
    version: record.version,
    status: 'hold',
    mode: separable ? 'known-contexts-only' : 'deny-all',
    allow: separable ? copyContexts(record.knownContexts) : [],
    adoptBy: now + policy.holdSeconds * 1000,
    incidentId: incidentId(record.credentialId, record.version),
    reason: assessment.reason,
    // Not the time of this write: a detection that is delivered again must not look newer than it is.
    since: detection.at,
  };
}

/**
 * Closes the lane for every gateway, as the one that reported the breach has done. Only where there is a lane: a gateway's word alone must
 * refuse nobody who was not contained before.
 */
async function closeLane(
  denylist: Pick<Denylist, 'tighten' | 'get'>,
  message: DetectionMessage,
  record: InventoryRecord,
  policy: Policy,
): Promise<DenylistWrite | undefined> {
  const listed = await denylist.get(message.detection.subject);
  if (!listed || listed.entry.status === 'lifted') return undefined;
  const hold = holdEntry(message, record, policy, Date.now());
  return denylist.tighten({ ...hold, mode: 'deny-all', allow: [], reason: message.detection.reason });
}
