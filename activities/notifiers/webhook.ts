import { createHash } from 'node:crypto';
import { Webhook } from 'standardwebhooks';
import type { Notifier } from '../../domain/ports/notifier';
import { deliver, reachWeb } from './deliver';
import { readWebTarget, webTargetFault } from './web-target';

const KEY = { is: /^whsec_[A-Za-z0-9+/]{32,}={0,2}$/, called: 'the key that signs, whsec_…' };

/**
 * Posts the notice as JSON in the format of Standard Webhooks 1.0.0: signed, and with an id by which a repetition is known.
 * Its target is `https://host/path#whsec_<key in base64>`.
 */
export function createWebhookNotifier(): Notifier {
  return {
    id: 'webhook',
    takesDigests: false,
    targetFault: (target) => webTargetFault(target, KEY),
    reach: (target, { signal }) => reachWeb('webhook', target, signal),
    async send(target, notice, dedupeKey, { signal }) {
      const { url, key } = readWebTarget(target);
      const sentAt = new Date();
      const data = { ...notice, notification: dedupeKey };
      const body = JSON.stringify({ type: `notice.${notice.fields['kind']}`, timestamp: sentAt.toISOString(), data });
      // Not the key itself: a dot would end it early in what is signed.
      const id = `msg_${createHash('sha256').update(dedupeKey).digest('hex').slice(0, 32)}`;
      const headers = {
        'webhook-id': id,
        'webhook-timestamp': String(Math.floor(sentAt.getTime() / 1_000)),
        'webhook-signature': new Webhook(key).sign(id, sentAt, body),
      };
      await deliver({ notifier: 'webhook', url, body, headers, signal });
    },
  };
}
