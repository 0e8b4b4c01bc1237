import type { ActivityDeps } from '../../../activities/deps';
import { createReleaseActivities } from '../../../activities/release';
import type { DenylistEntry } from '../../../domain/denylist';
import { extendLane } from '../../../domain/extend-lane';
import { merge } from '../../../domain/lift';
import type { AuditEvent } from '../../../domain/ports/stores';
import { runActivity } from '../../support/run-activity';
import { sampleCredential, sampleVersion } from '../../support/sample-credential';
import { namedRefusal } from '../../support/sample-refusal';

const OFFICE = { id: 'office', networks: ['203.0.113.0/24'] };
const LANE = namedRefusal('a', { mode: 'known-contexts-only', allow: [OFFICE], laneUntil: 10_000, since: 100 });
const STEP = { incidentId: 'incident/a/1', runId: 'r', credentialId: 'a', version: 1, stepKey: 'r/extend.1' };

/** What PostgreSQL and the gateways' denylist hold of one subject, and an extension decided at 5,000. */
async function extended(record: DenylistEntry | undefined, listed: DenylistEntry | undefined, times = 1) {
  const state = { record, listed };
  const audit: AuditEvent[] = [];
  const write = (entry: DenylistEntry) => Promise.resolve({ revision: 1, at: 1, entry });
  const deps = {
    inventory: {
      credential: () => Promise.resolve(sampleCredential({ id: 'a' })),
      version: () => Promise.resolve(sampleVersion({ credentialId: 'a', subjects: [LANE.subject] })),
    },
    providers: new Map(),
    containments: {
      merge: (entry: DenylistEntry) => Promise.resolve((state.record = merge(state.record, entry))),
      extendLane: (_subject: string, extension: Parameters<typeof extendLane>[1]) =>
        Promise.resolve((state.record &&= extendLane(state.record, extension))),
    },
    denylist: {
      get: () => (state.listed ? write(state.listed) : Promise.resolve(undefined)),
      merge: (entry: DenylistEntry) => write((state.listed = merge(state.listed, entry))),
    },
    audit: { append: (event: AuditEvent) => Promise.resolve(void audit.push(event)) },
  } as unknown as ActivityDeps;
  const activities = createReleaseActivities(deps);
  let evidence = '';
  for (let time = 0; time < times; time++)
    ({ evidence } = await runActivity(activities.extendLane, { ...STEP, seconds: 60, actor: 'ana and bo' }, 5_000));
  return { ...state, evidence, audit };
}

describe('extending a lane', () => {
  it('opens it for longer, on record and at every gateway, once for all attempts, by whoever decided it', async () => {
    const { record, listed, evidence, audit } = await extended(LANE, LANE, 3);

    expect([record?.laneUntil, listed?.laneUntil]).toEqual([70_000, 70_000]);
    expect(evidence).toBe('open until 1970-01-01T00:01:10.000Z');
    expect(audit.slice(0, 2)).toMatchObject([
      { action: 'extend-lane', phase: 'intent', actor: 'ana and bo', detail: { seconds: 60 } },
      { action: 'extend-lane', phase: 'outcome', actor: 'ana and bo', detail: { evidence } },
    ]);
  });

  it('never opens one that was breached, though only the gateways know of that yet', async () => {
    const breached = { ...LANE, mode: 'deny-all' as const, allow: [], since: 4_900 };
    const { record, listed, evidence } = await extended(LANE, breached);

    expect([record?.mode, listed?.mode]).toEqual(['deny-all', 'deny-all']);
    expect(evidence).toBe('there is no lane: it is refused to everybody');
  });

  it('keeps what the gateways know and the record does not', async () => {
    const { record, listed } = await extended(undefined, LANE);

    expect([record?.laneUntil, listed?.laneUntil]).toEqual([70_000, 70_000]);
  });

  it('of what is refused nowhere makes no refusal', async () => {
    expect(await extended(undefined, undefined)).toMatchObject({ record: undefined, listed: undefined });
  });
});
