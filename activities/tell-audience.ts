import { IncidentError } from '../domain/errors';
import type { RenderedNotice, StandardAudience } from '../domain/ports/notifier';
import { contextOutside } from './context-outside';
import type { ActivityDeps } from './deps';

/** No longer than a round of the sweep. */
const SEND_WITHIN_MS = 30_000;

type TellDeps = Pick<ActivityDeps, 'audiences' | 'deliveries' | 'notifiers'>;

/** `tellAudience` for security. */
export function tellSecurity(deps: TellDeps, occasion: string, notice: RenderedNotice): Promise<void> {
  return tellAudience(deps, 'security', occasion, notice);
}

/**
 * Tells every channel of an audience once for each `occasion`. One that fails keeps none of the others from being told; it
 * is thrown at the end, and the next call tries it again.
 */
export async function tellAudience(
  deps: TellDeps,
  audience: StandardAudience,
  occasion: string,
  notice: RenderedNotice,
): Promise<void> {
  const told = deps.audiences[audience].map(async ({ notifier, target }, channel) => {
    const dedupeKey = `${occasion}/${channel}`;
    if (await deps.deliveries.wasSent(dedupeKey)) return;
    const context = contextOutside(dedupeKey, AbortSignal.timeout(SEND_WITHIN_MS));
    const sender = deps.notifiers.get(notifier);
    if (!sender) throw new IncidentError('NOTIFIER_UNKNOWN', { notifier });
    await sender.send(target, notice, dedupeKey, context);
    await deps.deliveries.markSent(dedupeKey, audience);
  });
  const failed = (await Promise.allSettled(told)).find((result) => result.status === 'rejected');
  if (failed) throw failed.reason;
}
