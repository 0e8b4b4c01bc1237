import type { Client } from '@temporalio/client';
import type { Logger } from 'pino';
import type { LeakReport, LeakReportOutcome, LeakReportStore } from '../activities/store/leak-reports';
import { joinOrStartIncident } from '../client/start-incident';
import { incidentId, type Credential, type SecretVersion } from '../domain/credential';
import type { Assessment, Detection } from '../domain/detection';
import type { Policy } from '../domain/policy';
import { isLeakFeed } from '../domain/leak-feed';
import type { Inventory } from '../domain/ports/stores';
import { atLeast, compareSeverity } from '../domain/severity';
import { weighed } from '../domain/severity-mapping';
import type { Subject } from '../domain/subject';
import type { ControlEvent } from '../domain/usage-event';
import { askTemporal } from './ask-temporal';
import type { FindVersions } from './find-versions';
import { nameOf } from '../domain/name-of';

export interface LeakReportDeskParts {
  readonly reports: LeakReportStore;
  readonly inventory: Pick<Inventory, 'credential'>;
  readonly findVersions: FindVersions;
  /** Of a token that was derived and lives: what it was derived from. */
  readonly parentOf: (subjects: readonly Subject[]) => Promise<readonly Subject[]>;
  readonly temporal: Client;
  readonly taskQueue: string;
  readonly policy: Policy;
  /** Tells the detectors, in the stream they fold. Resolves when the stream has it. */
  readonly announce: (events: readonly ControlEvent[]) => Promise<void>;
  /** So many versions that one scanner reports are acted on an hour; the others wait, and people are told. What people report is not counted. */
  readonly mostPerFeedAndHour?: number;
  readonly log: Logger;
}

export const MOST_PER_FEED_AND_HOUR = 20;

/**
 * Takes reports in and acts on them afterwards: whether a value is ours shows neither in the answer nor in how long it took. What
 * is taken in is kept until it is settled, whatever is down meanwhile.
 */
export interface LeakReportDesk {
  /** Resolves when the report is kept. */
  take(report: LeakReport): Promise<void>;
  /** Settles what was left open. Acting twice on one report is harmless. */
  settleOpen(): Promise<void>;
  /** Waits for what is in progress. */
  stop(): Promise<void>;
}

export function createLeakReportDesk(parts: LeakReportDeskParts): LeakReportDesk {
  const inProgress = new Map<string, Promise<void>>();

  function settle(report: LeakReport): void {
    if (inProgress.has(report.id)) return;
    const settled = act(parts, report)
      .then(async (acted) => {
        if (!acted) return;
        const { outcome, incident } = acted;
        await parts.reports.settle(report.id, outcome, incident);
        parts.log.info({ report: report.id, reporter: report.reporter, outcome, incident }, 'leak report settled');
      })
      .catch((error: unknown) =>
        parts.log.warn({ report: report.id, error: nameOf(error) }, 'a leak report is not settled yet; tried again'),
      )
      .finally(() => inProgress.delete(report.id));
    inProgress.set(report.id, settled);
  }

  return {
    async take(report) {
      // By then a derived token may live no more, and nobody could tell whose it was.
      const subjects = [...report.subjects, ...(await parts.parentOf(report.subjects))];
      const kept = { ...report, subjects };
      // What was told before is acted on, or will be.
      if (await parts.reports.add(kept)) settle(kept);
    },
    async settleOpen() {
      for (const report of await parts.reports.open()) settle(report);
      await Promise.all(inProgress.values());
    },
    async stop() {
      await Promise.all(inProgress.values());
    },
  };
}

interface Acted {
  readonly outcome: LeakReportOutcome;
  readonly incident?: string;
}

/** What came of it for whichever version it is of; undefined while it waits for its reporter's hour. */
async function act(parts: LeakReportDeskParts, report: LeakReport): Promise<Acted | undefined> {
  const { versions, byIdOnly } = await parts.findVersions(report.subjects);
  let last: Acted | undefined = { outcome: 'unknown' };
  for (const version of versions) {
    last = await actOn(parts, report, version, byIdOnly);
    if (!last) return undefined;
  }
  return last;
}

async function actOn(
  parts: LeakReportDeskParts,
  report: LeakReport,
  version: SecretVersion,
  byIdOnly: boolean,
): Promise<Acted | undefined> {
  const incident = incidentId(version.credentialId, version.version);
  // Detectors know a dead version as revoked, which says more; and it is nothing to respond to.
  if (version.state === 'revoked' || version.state === 'discarded') return { outcome: 'dead', incident };
  // True reports of everything at once would be an outage that we make ourselves.
  const most = parts.mostPerFeedAndHour ?? MOST_PER_FEED_AND_HOUR;
  if (isOfFeed(report) && !(await parts.reports.letThrough(report, incident, most))) return undefined;
  if (version.state !== 'quarantined' && !byIdOnly) await parts.announce(leakedEvents(version, report));
  const credential = await parts.inventory.credential(version.credentialId);
  const assessment = weighed(parts.policy, assessmentOf(report, byIdOnly), credential);
  if (!atLeast(assessment.severity, parts.policy.incidentFrom)) return { outcome: 'recorded', incident };
  const joined = await join(parts, version, report, assessment, credential);
  return { outcome: joined ? 'incident' : 'incident-closed', incident };
}

function isOfFeed({ reporter }: LeakReport): boolean {
  return isLeakFeed(reporter);
}

/**
 * A statement by an authorized person, program or scanner needs no second witness. But where a scanner has matched an id alone, which stands in logs and signed addresses, nobody has
 * seen the value: a person decides what can't be undone.
 */
function assessmentOf({ severity, reporter, source, receivedAt }: LeakReport, byIdOnly: boolean): Assessment {
  const said = byIdOnly ? 'its id was found, and not its value, by' : 'reported as leaked by';
  const reason = `${said} ${reporter}: ${source}`;
  const [least] = [severity, 'medium' as const].sort(compareSeverity);
  return {
    severity: byIdOnly ? (least ?? severity) : severity,
    confidence: byIdOnly ? 0.5 : 1,
    families: ['listed'],
    deterministic: !byIdOnly,
    firstAbuseAt: receivedAt,
    reason,
  };
}

function leakedEvents(version: SecretVersion, { id, receivedAt }: LeakReport): readonly ControlEvent[] {
  return version.subjects.map((subject) => ({
    kind: 'control',
    id: `leak-report/${id}/${subject}`.slice(0, 200),
    at: receivedAt,
    subject,
    listed: 'leaked',
  }));
}

async function join(
  { temporal, taskQueue, policy }: LeakReportDeskParts,
  { credentialId, version, subjects }: SecretVersion,
  report: LeakReport,
  assessment: Assessment,
  { provider, ownerTeam }: Credential,
): Promise<boolean> {
  const subject = subjects.find((one) => report.subjects.includes(one)) ?? subjects[0];
  if (!subject) return false;
  const { severity, confidence, deterministic, reason } = assessment;
  const latest: Detection = {
    severity,
    confidence,
    deterministic,
    reason,
    id: `leak-report/${report.id}`,
    detector: 'leak-report',
    family: 'listed',
    subject,
    at: report.receivedAt,
    eventIds: [],
  };
  const input = { credentialId, version, assessment, policy, startedBy: report.reporter };
  const { state } = await askTemporal(temporal, () =>
    joinOrStartIncident(temporal, input, { provider, ownerTeam }, { latest, assessment, count: 1 }, taskQueue),
  );
  return state === 'joined';
}
