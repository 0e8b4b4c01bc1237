import { createConsoleNotifier } from '../../activities/notifiers/console';
import { recordedLog } from '../support/recorded-log';
import { describeNotifier, type NotifierRig } from './notifier.contract';

async function makeRig(): Promise<NotifierRig> {
  const { log, lines } = recordedLog();
  return {
    notifier: createConsoleNotifier(log),
    target: '',
    badTargets: ['canary-target'],
    received: () => Promise.resolve(lines),
    behave: () => Promise.resolve(),
    secrets: ['canary-target'],
    logged: () => lines,
    stop: () => Promise.resolve(),
  };
}

describeNotifier({
  name: 'console',
  make: makeRig,
  skip: [
    {
      reason: 'the log of its own process is always there',
      cases: [
        'says NOTIFICATION_FAILED when the receiver fails',
        'says how long a receiver that throttles asks us to wait',
        'says NOTIFICATION_FAILED of an answer that is none',
        'says NOTIFICATION_FAILED when it was taken and the answer was lost, and sends it again as it was',
        'says NOTIFICATION_FAILED when nobody is there',
        'says NOTIFICATION_FAILED when there is no answer in time',
        'gives up when it is cancelled',
      ],
    },
  ],
});
