import type { Subject } from './subject';
import type { StreamEvent, UsageEvent } from './usage-event';

/**
 * Whose habits an event is judged by: of a short-lived credential, such as a session of a role, those of the principal it was issued to; else the subject's
 * own. All that is remembered is kept under it, so it decides the partition, too.
 */
export function principalOf(event: StreamEvent): Subject {
  return (event.kind === 'usage' ? issuedTo(event) : undefined) ?? event.subject;
}

/** The principal of a short-lived credential; undefined of what is its own. A fingerprint always is, since its value may be listed, whatever a source says. */
export function issuedTo({ principal, subject }: UsageEvent): Subject | undefined {
  return principal !== undefined && principal !== subject && subject.startsWith('id:') ? principal : undefined;
}
