import type { Client } from '@temporalio/client';
import type { LeakReport, LeakReportOutcome } from '../../../activities/store/leak-reports';
import { createLeakReportDesk } from '../../../api/leak-report-desk';
import { incidentId, type VersionState } from '../../../domain/credential';
import { DEFAULT_POLICY, type Policy } from '../../../domain/policy';
import type { Severity } from '../../../domain/severity';
import type { SeverityRule } from '../../../domain/severity-mapping';
import { publicIdSubject } from '../../../domain/subject';
import type { ControlEvent } from '../../../domain/usage-event';
import type { DetectionSignal, IncidentInput } from '../../../workflows/messages';
import { recordedLog } from '../../support/recorded-log';
import { sampleCredential, sampleVersion } from '../../support/sample-credential';

const SUBJECT = publicIdSubject('postgres-role', 'orders/orders-db_v1');
const INCIDENT = incidentId('orders-db', 1);

interface Started {
  readonly workflowId: string;
  readonly args: readonly [IncidentInput];
  readonly signalArgs: readonly [DetectionSignal];
}

/** One report about the orders database, and what became of it. */
async function reported(
  severity: Severity,
  {
    mapping = [],
    state = 'live',
    byIdOnly = false,
  }: { mapping?: readonly SeverityRule[]; state?: VersionState; byIdOnly?: boolean } = {},
) {
  const started: Started[] = [];
  const announced: ControlEvent[] = [];
  const settled: [LeakReportOutcome, string | undefined][] = [];
  const policy: Policy = { ...DEFAULT_POLICY, severityMapping: mapping };
  const temporal = {
    withDeadline: <T>(_deadline: number, work: () => Promise<T>) => work(),
    workflow: {
      signalWithStart: (_type: string, options: Started) => {
        started.push(options);
        return Promise.resolve({ signaledRunId: 'run' });
      },
    },
  } as unknown as Client;
  const version = sampleVersion({ subjects: [SUBJECT], state });
  const desk = createLeakReportDesk({
    reports: {
      add: () => Promise.resolve(true),
      open: () => Promise.resolve([]),
      settle: (_id, outcome, incident) => Promise.resolve(void settled.push([outcome, incident])),
      counts: () => Promise.resolve({}),
      letThrough: () => Promise.resolve(true),
      waiting: () => Promise.resolve([]),
    },
    findVersions: (subjects) => Promise.resolve({ versions: subjects.includes(SUBJECT) ? [version] : [], byIdOnly }),
    inventory: { credential: () => Promise.resolve(sampleCredential()) },
    parentOf: () => Promise.resolve([]),
    temporal,
    taskQueue: 'tests',
    policy,
    announce: (events) => Promise.resolve(void announced.push(...events)),
    log: recordedLog().log,
  });
  const report: LeakReport = {
    id: 'report-1',
    subjects: [publicIdSubject('postgres-role', 'orders/nobody'), SUBJECT],
    source: 'a public repository',
    severity,
    reporter: 'scanner',
    receivedAt: 1_700_000_000_000,
  };
  await desk.take(report);
  await desk.stop();
  return { started, announced, settled, policy };
}

const ofPayments = (rule: Omit<SeverityRule, 'when'>): readonly SeverityRule[] => [
  { when: { ownerTeam: 'payments', family: 'listed' }, ...rule },
];

describe('a leak report', () => {
  it('of an id alone is medium at most, marks nothing as leaked, and lets a person decide what can not be undone', async () => {
    const { started, announced } = await reported('critical', { byIdOnly: true });

    expect(started[0]?.args[0].assessment).toMatchObject({ severity: 'medium', deterministic: false });
    expect(announced).toEqual([]);
  });

  it('starts an incident as grave as it says, under the policy of this API', async () => {
    const { started, settled, announced, policy } = await reported('high');

    expect(settled).toEqual([['incident', INCIDENT]]);
    expect(started).toHaveLength(1);
    expect(started[0]).toMatchObject({
      workflowId: INCIDENT,
      args: [{ policy, startedBy: 'scanner', assessment: { severity: 'high', deterministic: true } }],
      signalArgs: [{ count: 1, latest: { detector: 'leak-report', subject: SUBJECT, severity: 'high' } }],
    });
    expect(announced).toMatchObject([{ kind: 'control', subject: SUBJECT, listed: 'leaked' }]);
  });

  it('weighs what the policy says, in the incident and in the evidence that joins it', async () => {
    const { started } = await reported('medium', { mapping: ofPayments({ atLeast: 'critical' }) });

    expect(started[0]?.args[0].assessment.severity).toBe('critical');
    expect(started[0]?.signalArgs[0]).toMatchObject({
      assessment: { severity: 'critical' },
      latest: { severity: 'critical' },
    });
  });

  it('is a fact: what is high or above stays so, whatever the policy says', async () => {
    const { started } = await reported('critical', { mapping: ofPayments({ atMost: 'medium' }) });

    expect(started[0]?.args[0].assessment.severity).toBe('high');
  });

  it('that is too slight is recorded, unless the policy says that it weighs more', async () => {
    const slight = await reported('low');
    const weighty = await reported('low', { mapping: ofPayments({ atLeast: 'high' }) });

    expect([slight.started, slight.settled]).toEqual([[], [['recorded', INCIDENT]]]);
    expect(weighty.settled).toEqual([['incident', INCIDENT]]);
    // Detectors hear of it all the same.
    expect(slight.announced).toHaveLength(1);
  });

  it.each<VersionState>(['revoked', 'discarded'])('about a version that is %s starts nothing', async (state) => {
    const { started, settled, announced } = await reported('critical', { state });

    expect([started, announced, settled]).toEqual([[], [], [['dead', INCIDENT]]]);
  });
});
