import { createWaveActivities } from '../../../activities/waves';
import type { DependentStatus } from '../../../domain/ports/dependent';
import { runActivity } from '../../support/run-activity';
import { sampleCredential, sampleVersion } from '../../support/sample-credential';

type Deps = Parameters<typeof createWaveActivities>[0];

const CREDENTIAL = sampleCredential({
  dependents: [{ id: 'exporter', kind: 'test', target: '', owner: 'analytics', criticality: 2 }],
});

/** Looks at a dependent that was to take version 2 and answers so, one look after the other; the last answer stays. */
function findBroken(answers: readonly Pick<DependentStatus, 'using' | 'healthy'>[]) {
  const left = [...answers];
  const { findBroken: find } = createWaveActivities({
    inventory: {
      credential: () => Promise.resolve(CREDENTIAL),
      version: (_id: string, version: number) => Promise.resolve(sampleVersion({ version })),
    },
    providers: new Map([[CREDENTIAL.provider, {}]]),
    dependents: new Map([
      ['test', { status: () => Promise.resolve({ ...(left.length > 1 ? left.shift() : left[0]), detail: '' }) }],
    ]),
  } as unknown as Deps);
  const step = { incidentId: 'i', runId: 'r', credentialId: CREDENTIAL.id, version: 1, stepKey: 's' };
  return runActivity(find, { ...step, dependents: ['exporter'], to: 2 });
}

it('takes for broken who says that it uses the new version and does not work on it', async () => {
  expect(await findBroken([{ using: 2, healthy: false }])).toEqual(['exporter']);
});

it('gives it a moment to settle', async () => {
  expect(
    await findBroken([
      { using: 2, healthy: false },
      { using: 2, healthy: true },
    ]),
  ).toEqual([]);
});

it.each<DependentStatus['using']>([1, 'unknown'])('takes for slow who uses %s', async (using) => {
  expect(await findBroken([{ using, healthy: false }])).toEqual([]);
});
