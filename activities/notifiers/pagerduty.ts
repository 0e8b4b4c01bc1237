import type { Notifier, RenderedNotice } from '../../domain/ports/notifier';
import { deliver, reachWeb } from './deliver';
import { readWebTarget, webTargetFault } from './web-target';

const KEY = { is: /^[A-Za-z0-9]{32}$/, called: 'the integration key of the service' };
/** Ours, as PagerDuty names them. */
const SEVERITIES: Readonly<Partial<Record<string, string>>> = {
  critical: 'critical',
  high: 'error',
  medium: 'warning',
  low: 'info',
};
/** PagerDuty's own limit, in characters. */
const LONGEST_SUMMARY = 1_024;

/**
 * PagerDuty's Events API v2: one alert an incident, whatever is told of it, which ends when the incident is resolved. Its target is
 * `https://events.pagerduty.com/v2/enqueue#<integration key>`, or that of the European service.
 */
export function createPagerDutyNotifier(): Notifier {
  return {
    id: 'pagerduty',
    takesDigests: false,
    targetFault: (target) => webTargetFault(target, KEY),
    reach: (target, { signal }) => reachWeb('pagerduty', target, signal),
    async send(target, notice, dedupeKey, { signal }) {
      const { url, key } = readWebTarget(target);
      const body = JSON.stringify({ routing_key: key, ...eventOf(notice, dedupeKey) });
      await deliver({ notifier: 'pagerduty', url, body, signal });
    },
  };
}

function eventOf({ title, body, fields }: RenderedNotice, dedupeKey: string) {
  const isOver = fields['kind'] === 'resolved' || fields['kind'] === 'restored';
  return {
    event_action: isOver ? 'resolve' : 'trigger',
    dedup_key: fields['incident'] ?? dedupeKey,
    client: 'Tourniquet',
    ...(fields['url'] === undefined ? {} : { client_url: fields['url'] }),
    payload: {
      summary: title.slice(0, LONGEST_SUMMARY),
      source: 'tourniquet',
      severity: SEVERITIES[fields['severity'] ?? ''] ?? 'warning',
      component: fields['credential'],
      group: fields['ownerTeam'],
      class: fields['kind'],
      custom_details: { ...fields, body, notification: dedupeKey },
    },
    links: fields['url'] === undefined ? [] : [{ href: fields['url'], text: 'The incident in Temporal' }],
  };
}
