import type { TestWorkflowEnvironment } from '@temporalio/testing';
import { secondReplacementWorks } from '../support/outcome-scenarios';
import { refusal, sampleInput } from '../support/fake-activities';
import { withIncident } from '../support/run-incident';
import { timeSkippingEnvironment } from '../support/time-skipping-environment';

describe('after the one-way door', () => {
  let environment: TestWorkflowEnvironment;

  beforeAll(async () => {
    environment = await timeSkippingEnvironment();
  });

  afterAll(async () => {
    await environment.teardown();
  });

  it('a replacement that does not work is replaced, and nobody is sent back', async () => {
    const { activities, calls } = secondReplacementWorks();

    const { outcome, view } = await withIncident(environment, activities, sampleInput(), (handle) => handle.result());

    expect([outcome, view.replacement]).toEqual(['recovered', 3]);
    const after = calls.slice(calls.indexOf('revokeVersion') + 1);
    const steps = after.map((call) => call.split(' ')[0] ?? '').filter((name) => !name.startsWith('notify'));
    expect(steps).toEqual([
      'verifyDead',
      'createReplacement',
      'moveDependent',
      'moveDependent',
      'discardReplacement',
      'verifyDead',
      'closeAudit',
    ]);
    expect(calls.filter((call) => call === 'revokeVersion')).toHaveLength(1);
    expect(calls).toContain('notifyAudience engineering person-needed');
  });

  it('one that did not work is not ended while somebody who has not moved may use it', async () => {
    const told: string[] = [];
    const { activities, calls } = secondReplacementWorks({
      notifyAudience: ({ notice }) => {
        if (notice.kind === 'resolved') told.push(notice.summary);
        return Promise.resolve({ at: 6, channels: 1 });
      },
      moveDependent: ({ dependentId, to }) =>
        dependentId === 'billing' && to === 3
          ? Promise.reject(refusal('DEPENDENT_REFUSED'))
          : Promise.resolve({ at: 5, detail: 'moved' }),
    });

    const { outcome, view } = await withIncident(environment, activities, sampleInput(), (handle) => handle.result());

    expect([outcome, view.replacement]).toEqual(['recovered', 3]);
    expect(calls).not.toContain('discardReplacement');
    expect(told[0]).toContain('version 2 is not ended, since billing may use it');
  });
});
