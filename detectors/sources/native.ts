import { streamEvent, type StreamEvent } from '../../domain/usage-event';
import { describeIssues, malformed, type Mapped } from './mapped';

/** An event that is ours already, facts about subjects included. */
export function mapNative(record: unknown): Mapped<StreamEvent> {
  const parsed = streamEvent.safeParse(record);
  return parsed.success ? { kind: 'event', event: parsed.data } : malformed(describeIssues(parsed.error.issues));
}
