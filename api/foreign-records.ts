import { z } from 'zod';
import type { Mapped } from '../detectors/sources/mapped';
import { FOREIGN_SOURCE_NAMES, type ForeignSource } from '../detectors/sources/registry';
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

/** How records of a source become events, with the rules they match. */
export type MapForeign = (source: ForeignSource) => (record: unknown) => Mapped;

export function readForeignRecords(
  { source, records }: z.infer<typeof recordsBody>,
  mapForeign: MapForeign,
): ReadRecords {
  const map = mapForeign(source);
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
