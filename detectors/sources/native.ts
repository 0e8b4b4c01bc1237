import { streamEvent, type StreamEvent } from '../../domain/usage-event';
import { describeIssues, malformed, type Mapped } from './mapped';

/** Beyond it there is no Date. */
const LAST_TIME = 8.64e15;

/** An event that is ours already, facts about subjects included. */
export function mapNative(record: unknown): Mapped<StreamEvent> {
  const parsed = streamEvent.safeParse(record);
  if (!parsed.success) return malformed(describeIssues(parsed.error.issues));
  return parsed.data.at > LAST_TIME ? malformed('at: too_big') : { kind: 'event', event: parsed.data };
}
