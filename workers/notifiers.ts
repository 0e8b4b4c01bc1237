import type { Logger } from 'pino';
import { createConsoleNotifier } from '../activities/notifiers/console';
import { createEmailNotifier } from '../activities/notifiers/email';
import { createPagerDutyNotifier } from '../activities/notifiers/pagerduty';
import { createSharedSignalsNotifier } from '../activities/notifiers/shared-signals';
import type { SignalSigner } from '../activities/notifiers/signal-signer';
import { createSlackNotifier } from '../activities/notifiers/slack';
import { createTeamsNotifier } from '../activities/notifiers/teams';
import { createWebhookNotifier } from '../activities/notifiers/webhook';
import type { Notifier } from '../domain/ports/notifier';

/** Every kind of channel, by its id: a notifier is added here by one line. */
export function createNotifiers(log: Logger, signer: SignalSigner | undefined): ReadonlyMap<string, Notifier> {
  const notifiers = [
    createConsoleNotifier(log),
    createWebhookNotifier(),
    createSlackNotifier(),
    createEmailNotifier(),
    createPagerDutyNotifier(),
    createTeamsNotifier(),
    createSharedSignalsNotifier(signer),
  ];
  return new Map(notifiers.map((notifier) => [notifier.id, notifier]));
}
