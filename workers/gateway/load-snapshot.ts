import type { Logger } from 'pino';
import type { DenylistMap } from '../../enforcement/denylist-map';
import { readSnapshot, type DenylistSnapshot } from '../../enforcement/denylist-snapshot';
import { errorLabel } from '../log';

/**
 * Brings back what was refused when this gateway last ran. Undefined without a snapshot; one that can't be read is an alarm, and no
 * reason not to start.
 */
export async function loadSnapshot(file: string, map: DenylistMap, log: Logger): Promise<DenylistSnapshot | undefined> {
  let snapshot: DenylistSnapshot | undefined;
  try {
    snapshot = await readSnapshot(file);
  } catch (error) {
    log.error(errorLabel(error), 'the snapshot can not be read: no refusal is known until NATS or the API tells');
  }
  if (!snapshot) return undefined;
  let { unreadable } = snapshot;
  for (const entry of snapshot.entries) {
    try {
      map.join(entry);
    } catch {
      // Refused to everybody all the same.
      unreadable += 1;
    }
  }
  const { revision, savedAt } = snapshot;
  log.info({ revision, savedAt, refusals: map.size() }, 'the snapshot of the denylist is loaded');
  if (unreadable > 0) log.error({ code: 'SNAPSHOT_UNREADABLE', unreadable }, 'entries of the snapshot can not be read');
  return snapshot;
}
