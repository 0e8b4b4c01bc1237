import { LAST_TIME } from '../../domain/last-time';
import { streamEvent, type StreamEvent } from '../../domain/usage-event';
import { describeIssues, malformed, type Mapped } from './mapped';

/** An event that is ours already, facts about subjects included. */
export function mapNative(record: unknown): Mapped<StreamEvent> {
  const parsed = streamEvent.safeParse(record);
  if (!parsed.success) return malformed(describeIssues(parsed.error.issues));
  return parsed.data.at > LAST_TIME ? malformed('at: too_big') : { kind: 'event', event: parsed.data };
}
