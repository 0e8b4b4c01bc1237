import type { ErrorCode } from '../../domain/errors';
import type { StreamEvent, UsageEvent } from '../../domain/usage-event';

/** A record that becomes no event. */
export type NotMapped =
  /** Well formed, and not the use of a credential that concerns us. */
  | { readonly kind: 'ignored' }
  | {
      readonly kind: 'malformed';
      readonly code: Extract<ErrorCode, 'USAGE_EVENT_MALFORMED'>;
      /** Where and what, never a value of the record. */
      readonly fault: string;
    };

/** What a foreign record is to us. Nothing a source sends makes a mapper throw. */
export type Mapped<E extends StreamEvent = UsageEvent> = NotMapped | { readonly kind: 'event'; readonly event: E };

export const IGNORED: NotMapped = { kind: 'ignored' };

export function malformed(fault: string): NotMapped {
  return { kind: 'malformed', code: 'USAGE_EVENT_MALFORMED', fault: fault.slice(0, 200) };
}

/** A zod error without the values: the path and the kind of each fault. */
export function describeIssues(
  issues: readonly { readonly path: readonly PropertyKey[]; readonly code: string }[],
): string {
  return issues.map(({ path, code }) => `${path.map(String).join('.') || 'record'}: ${code}`).join(', ');
}
