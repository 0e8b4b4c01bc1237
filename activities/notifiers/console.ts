import type { Logger } from 'pino';
import type { Notifier } from '../../domain/ports/notifier';

/** Writes the notice to the worker's log: the channel that is always there. */
export function createConsoleNotifier(log: Logger): Notifier {
  return {
    id: 'console',
    takesDigests: false,
    targetFault: (target) => (target === '' ? undefined : 'has none: leave it empty'),
    reach: () => Promise.resolve(),
    send(_target, notice, dedupeKey) {
      log.warn({ notice: notice.fields, dedupeKey }, notice.title);
      return Promise.resolve();
    },
  };
}
