import type { Logger } from 'pino';
import { sendDigest, type DigestDeps } from '../../activities/digests';
import { tellSecurity } from '../../activities/tell-audience';
import type { Digest } from '../../domain/ports/digest-box';
import { errorLabel } from '../log';
import { inRounds } from './in-rounds';

const EVERY_MS = 5_000;
/** One that is not taken for this long is a dead channel, which must show. */
const OVERDUE_MS = 600_000;

/** Sends what waits for a digest. Every response worker may run it: each digest is sent by one. */
export function sendDigestsInRounds(deps: DigestDeps, log: Logger): { stop(): void } {
  return inRounds(EVERY_MS, log, 'digests could not be sent', () => sendDigests(deps, log));
}

/** One round. One that fails is tried again by whoever claims it next, with the same notices under the same key. */
export async function sendDigests(deps: DigestDeps, log: Logger): Promise<void> {
  await deps.digests.gather();
  for (let digest = await deps.digests.claim(); digest; digest = await deps.digests.claim()) {
    try {
      await sendDigest(deps, digest);
    } catch (error) {
      log.error({ digest: digest.id, ...errorLabel(error) }, 'a channel did not take a digest; it is tried again');
      if (digest.ageMs > OVERDUE_MS) await tellOverdue(deps, digest).catch(() => undefined);
    }
  }
}

function tellOverdue(deps: DigestDeps, { id, audience, notices }: Digest): Promise<void> {
  const count = String(notices.length);
  return tellSecurity(deps, `digest-overdue/${id}`, {
    title: `[high] ${audience} could not be told (incidents: ${count})`,
    body: `A channel of ${audience} takes no digest. It is tried again until it does; look at the channel, and tell them.`,
    fields: { audience: 'security', kind: 'digest-overdue', severity: 'high', count },
  });
}
