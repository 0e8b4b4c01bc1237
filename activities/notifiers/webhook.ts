import { fetch } from 'undici';
import { IncidentError } from '../../domain/errors';
import type { Notifier } from '../../domain/ports/notifier';
import { withDeadline } from '../with-deadline';

const TIMEOUT_MS = 5_000;

/** Posts the notice as JSON; `Idempotency-Key` lets the receiver drop a repetition. Any 2xx is delivered. */
export function createWebhookNotifier(): Notifier {
  return {
    id: 'webhook',
    async send(target, notice, dedupeKey, context) {
      const status = await post(target, JSON.stringify(notice), dedupeKey, context.signal);
      if (status === undefined || status < 200 || status > 299) {
        throw new IncidentError('NOTIFICATION_FAILED', {
          notifier: 'webhook',
          status,
          audience: notice.fields['audience'],
        });
      }
    },
  };
}

/** The status, or undefined when there was no answer. A webhook's URL may hold a token, so it goes into no error. */
async function post(target: string, body: string, dedupeKey: string, signal: AbortSignal): Promise<number | undefined> {
  try {
    return await withDeadline(TIMEOUT_MS, signal, async (within) => {
      const response = await fetch(target, {
        method: 'POST',
        body,
        headers: { 'content-type': 'application/json', 'idempotency-key': dedupeKey },
        signal: within,
      });
      await response.body?.cancel();
      return response.status;
    });
  } catch {
    return undefined;
  }
}
