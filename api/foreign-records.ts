import { z } from 'zod';
import { FOREIGN_SOURCE_NAMES, FOREIGN_SOURCES } from '../detectors/sources/registry';
import type { UsageEvent } from '../domain/usage-event';
import type { Fault } from './read-request';

/** Records of another system, as that system writes them. */
export const recordsBody = z.strictObject({
  source: z.enum(FOREIGN_SOURCE_NAMES),
  records: z.array(z.unknown()).min(1).max(1000),
});

export interface ReadRecords {
  /** Each with the index of its record. */
  readonly events: readonly { readonly index: number; readonly event: UsageEvent }[];
  /** Well formed, and not the use of a credential. */
  readonly ignored: number;
  readonly faults: readonly Fault[];
}

export function readForeignRecords({ source, records }: z.infer<typeof recordsBody>): ReadRecords {
  const map = FOREIGN_SOURCES[source];
  const events: { index: number; event: UsageEvent }[] = [];
  const faults: Fault[] = [];
  let ignored = 0;
  records.forEach((record, index) => {
    const mapped = map(record);
    if (mapped.kind === 'event') events.push({ index, event: mapped.event });
    else if (mapped.kind === 'ignored') ignored += 1;
    else faults.push({ index, field: 'record', fault: mapped.fault });
  });
  return { events, ignored, faults };
}
