import type { Logger } from 'pino';
import type { LeakReportStore } from '../../activities/store/leak-reports';
import type { ActivityDeps } from '../../activities/deps';
import { nextStep } from '../../domain/errors';
import { eachInTurn } from './each-in-turn';
import { inRounds } from './in-rounds';
import { hourOf, pageHourly } from './page-hourly';

/** One that was taken a moment ago may be let through at once. */
const SETTLES_WITHIN_MS = 60_000;

type Deps = Pick<ActivityDeps, 'audiences' | 'deliveries' | 'notifiers'>;

/** Looks now and then for findings that wait. Every response worker may run it. */
export function watchForWaitingReports(
  deps: Deps,
  reports: Pick<LeakReportStore, 'waiting'>,
  log: Logger,
): { stop(): void } {
  return inRounds(SETTLES_WITHIN_MS, log, 'findings that wait could not be looked for', () =>
    pageForWaitingReports(deps, reports, Date.now()),
  );
}

/** Pages once an hour and scanner while true findings wait: more was found than is answered by itself. */
export async function pageForWaitingReports(
  deps: Deps,
  reports: Pick<LeakReportStore, 'waiting'>,
  now: number,
): Promise<void> {
  await eachInTurn(await reports.waiting(new Date(now - SETTLES_WITHIN_MS)), async ({ reporter, count }) => {
    await pageHourly(deps, `waiting-reports/${reporter}`, now, {
      title: `[critical] ${count} leaks that ${reporter} found wait`,
      body: [
        'More credentials of ours were found than are answered by themselves in an hour. The others wait for the next: NOTHING is done about them yet.',
        nextStep('LEAK_REPORTS_WAIT'),
      ].join('\n'),
      fields: {
        audience: 'security',
        kind: 'leak-reports-wait',
        code: 'LEAK_REPORTS_WAIT',
        severity: 'critical',
        reporter,
        count: String(count),
        since: hourOf(now),
      },
    });
  });
}
