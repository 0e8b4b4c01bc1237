import type { UsageEvent } from '../domain/usage-event';

/** Whether nothing was done: by us, or by the service, where an outage refuses everything to everybody. How much is used does not show in it. */
export function isRefused({ outcome }: Pick<UsageEvent, 'outcome'>): boolean {
  return outcome === 'contained' || outcome === 'authorization';
}
