import type { Subject } from './subject';
import type { StreamEvent } from './usage-event';

/**
 * Whose habits an event is judged by: of a short-lived credential, such as a session of a role, those of the principal it was issued to; else the subject's
 * own. A fingerprint is always judged by its own, since it may be listed. All that is remembered is kept under it, so it decides the partition, too.
 */
export function principalOf(event: StreamEvent): Subject {
  return event.kind === 'usage' && event.subject.startsWith('id:') ? (event.principal ?? event.subject) : event.subject;
}
