import type { TestWorkflowEnvironment } from '@temporalio/testing';
import { detectionSignal, stateQuery } from '../../workflows/messages';
import { eventually } from '../support/eventually';
import { withOverlap } from '../support/fake-activities';
import { CRITICAL_SIGNAL, HURRIED, hurriedActivities } from '../support/recorded-scenarios';
import { withIncident } from '../support/run-incident';
import { realServerEnvironment } from '../support/real-server-environment';

describe('graver evidence during the rotation', () => {
  let environment: TestWorkflowEnvironment;

  beforeAll(async () => {
    environment = await realServerEnvironment();
  });

  afterAll(async () => {
    await environment.teardown();
  });

  it('leaves its dependents less time; those that have moved are not asked again', async () => {
    const { activities, calls } = hurriedActivities();
    // Timers of a real server are late by up to a second; both waves must have their share.
    const input = { ...HURRIED, policy: withOverlap(4, 'critical') };

    const { outcome, view } = await withIncident(environment, activities, input, async (handle) => {
      await eventually(
        () => handle.query(stateQuery),
        ({ incident }) => incident.stage === 'replaced' && calls.includes('moveDependent billing'),
      );
      await handle.signal(detectionSignal, CRITICAL_SIGNAL);
      return handle.result();
    });

    const notes = view.incident.timeline.map(({ note }) => note).join('\n');
    expect(outcome).toBe('recovered');
    expect(notes).toContain('dependents have 4 s left to move (critical)');
    expect(notes).toContain('checkout moved to version 2; NOT moved in time: billing');
    expect(calls.filter((call) => call === 'moveDependent checkout')).toHaveLength(1);
    expect(calls).not.toContain('restoreDependent billing');
  });
});
