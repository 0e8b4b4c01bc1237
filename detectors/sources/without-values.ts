import { holdsOurValue, withoutOurValues } from '../../domain/token-format';
import type { StreamEvent } from '../../domain/usage-event';
import { malformed, type Mapped } from './mapped';

/** What a mapper gives, in which no token or API key of ours stands where a client may write what it likes. What is left of an id tells it apart still. */
export function mappedWithoutValues<E extends StreamEvent>(mapped: Mapped<E>): Mapped<E> {
  if (mapped.kind !== 'event') return mapped;
  // Whoever names a credential by its value is to hear of it.
  if (holdsOurValue(mapped.event.subject)) return malformed('subject: holds a secret value');
  const event = withoutValues(mapped.event);
  return event === mapped.event ? mapped : { ...mapped, event };
}

/** The same event where none of its texts holds such a value, as almost always. */
export function withoutValues<T>(event: T): T {
  return holdsOurValue(JSON.stringify(event)) ? (scrubbed(event) as T) : event;
}

function scrubbed(value: unknown): unknown {
  if (typeof value === 'string') return withoutOurValues(value);
  if (Array.isArray(value)) return value.map(scrubbed);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([name, inner]) => [name, scrubbed(inner)]));
}
