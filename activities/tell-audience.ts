import { IncidentError } from '../domain/errors';
import type { Audience, Notifier, RenderedNotice } from '../domain/ports/notifier';
import { contextOutside } from './context-outside';
import type { ActivityDeps, Channel } from './deps';

/** No longer than a round of the sweep. */
const SEND_WITHIN_MS = 30_000;

type TellDeps = Pick<ActivityDeps, 'audiences' | 'deliveries' | 'notifiers'>;

/** `tellAudience` for security. */
export function tellSecurity(deps: TellDeps, occasion: string, notice: RenderedNotice): Promise<void> {
  return tellAudience(deps, 'security', occasion, notice);
}

/**
 * Tells every channel of an audience once for each `occasion`, or those whose notifier `isMeant`. One that fails keeps none of the others
 * from being told; it is thrown at the end, and the next call tries it again.
 * @throws IncidentError AUDIENCE_UNKNOWN
 */
export async function tellAudience(
  deps: TellDeps,
  audience: Audience,
  occasion: string,
  notice: RenderedNotice,
  isMeant: (notifier: Notifier) => boolean = () => true,
): Promise<void> {
  const told = channelsOf(deps, audience).map(async ({ notifier, target }, channel) => {
    const dedupeKey = `${occasion}/${channel}`;
    const sender = deps.notifiers.get(notifier);
    if (!sender) throw new IncidentError('NOTIFIER_UNKNOWN', { notifier });
    if (!isMeant(sender) || (await deps.deliveries.wasSent(dedupeKey))) return;
    const context = contextOutside(dedupeKey, AbortSignal.timeout(SEND_WITHIN_MS));
    await sender.send(target, notice, dedupeKey, context);
    await deps.deliveries.markSent(dedupeKey, audience);
  });
  const failed = (await Promise.allSettled(told)).find((result) => result.status === 'rejected');
  if (failed) throw failed.reason;
}

/** Where an audience is reached. @throws IncidentError AUDIENCE_UNKNOWN of one that the settings name no channels for */
export function channelsOf({ audiences }: Pick<ActivityDeps, 'audiences'>, audience: Audience): readonly Channel[] {
  const channels = Object.hasOwn(audiences, audience) ? audiences[audience] : undefined;
  if (!channels) throw new IncidentError('AUDIENCE_UNKNOWN', { audience });
  return channels;
}
