import { IncidentError } from '../../domain/errors';
import { parseJson } from '../../domain/parse-json';
import { principalOf } from '../../domain/principal-of';
import { partitionOf } from '../../domain/subject';
import { partitionEvent, type PartitionEvent } from '../../domain/usage-event';
import { isPlainUse } from './plain-use';

/** Part of a message that is no usage event: all of it, or the events at fault. */
export interface BatchFault {
  readonly error: IncidentError;
  readonly content?: { readonly part: string; readonly body: string };
}

export interface ParsedBatch {
  readonly events: readonly PartitionEvent[];
  readonly faults: readonly BatchFault[];
}

const MOST_EVENTS = 1000;

/** Reads one message of `usage.<partition>`. One bad event does not take the others of its batch with it. */
export function parseBatch(text: string, partition: number, partitions: number): ParsedBatch {
  const found = eventsIn(text);
  if (typeof found === 'string') return { events: [], faults: [{ error: malformed(found) }] };
  const events: PartitionEvent[] = [];
  const faults: BatchFault[] = [];
  for (const [index, item] of found.entries()) {
    const event = isPlainUse(item) ? item : eventOrFault(item);
    const fault = typeof event === 'string' ? event : misplaced(event, partition, partitions);
    if (typeof event !== 'string' && fault === undefined) events.push(event);
    else {
      const body = textOf({ events: [item] });
      const content = body === undefined ? {} : { content: { part: String(index), body } };
      faults.push({ error: malformed(fault ?? 'unreadable'), ...content });
    }
  }
  return { events, faults };
}

/** Undefined for what lies deeper than can be written, though it could be read: its whole message is kept instead. */
function textOf(value: unknown): string | undefined {
  try {
    return JSON.stringify(value);
  } catch {
    return undefined;
  }
}

function eventOrFault(item: unknown): PartitionEvent | string {
  const parsed = partitionEvent.safeParse(item);
  return parsed.success
    ? parsed.data
    : parsed.error.issues.map(({ path, code }) => `${path.join('.')}: ${code}`).join(', ');
}

function eventsIn(text: string): readonly unknown[] | string {
  const json = parseJson(text);
  if (json === undefined) return 'not JSON';
  const events = typeof json === 'object' && json !== null && 'events' in json ? json.events : undefined;
  if (!Array.isArray(events) || events.length === 0) return 'no events';
  return events.length > MOST_EVENTS ? `more than ${MOST_EVENTS} events` : events;
}

/** All events that are judged by one state must come to the partition that holds it. */
function misplaced(event: PartitionEvent, partition: number, partitions: number): string | undefined {
  // Lists, pace and risk concern all of a partition.
  if (!('subject' in event)) return undefined;
  const right = partitionOf(principalOf(event), partitions);
  return right === partition ? undefined : `subject belongs to partition ${right}`;
}

/** The fault names fields and kinds, never values. */
function malformed(fault: string): IncidentError {
  return new IncidentError('USAGE_EVENT_MALFORMED', { fault: fault.slice(0, 300) });
}
