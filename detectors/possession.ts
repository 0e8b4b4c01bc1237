import type { UsageEvent } from '../domain/usage-event';

/**
 * Whether the event shows that its client holds the value. A fingerprint is made from a value that was presented. Behind a public id
 * an authentication failure shows nothing: anyone may try a role's name with a wrong password, and must not be able to get it contained.
 */
export function provesPossession(event: UsageEvent): boolean {
  return event.outcome !== 'authentication' || event.subject.startsWith('fp:');
}
