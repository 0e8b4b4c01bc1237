import { createRotationActivities } from '../../../activities/rotation';
import type { DependentStatus } from '../../../domain/ports/dependent';
import { runActivity } from '../../support/run-activity';
import { sampleCredential, sampleVersion } from '../../support/sample-credential';

type Deps = Parameters<typeof createRotationActivities>[0];

const CREDENTIAL = sampleCredential({
  dependents: [{ id: 'exporter', kind: 'test', target: '', owner: 'analytics', criticality: 2 }],
});

/** Sends a dependent back to version 1 that answers so, one look after the other; the last answer stays. */
async function restore(answers: readonly DependentStatus['using'][]) {
  const left = [...answers];
  const outcomes: unknown[] = [];
  const { restoreDependent } = createRotationActivities({
    inventory: {
      credential: () => Promise.resolve(CREDENTIAL),
      version: (_id: string, version: number) => Promise.resolve(sampleVersion({ version })),
      versions: () => Promise.resolve([1, 2].map((version) => sampleVersion({ version, state: 'live' }))),
    },
    providers: new Map([[CREDENTIAL.provider, {}]]),
    dependents: new Map([
      [
        'test',
        {
          kind: 'test',
          activate: () => Promise.resolve({ state: 'done', value: undefined, evidence: 'told to use version 1' }),
          status: () =>
            Promise.resolve({ using: left.length > 1 ? left.shift() : left[0], healthy: false, detail: '' }),
        },
      ],
    ]),
    audit: { append: (event: { detail?: unknown }) => Promise.resolve(void outcomes.push(event.detail)) },
  } as unknown as Deps);
  const step = { incidentId: 'i', runId: 'r', credentialId: CREDENTIAL.id, version: 1, stepKey: 's' };
  await runActivity(restoreDependent, { ...step, dependentId: 'exporter', to: 1 });
  return JSON.stringify(outcomes.at(-1));
}

// The replacement is discarded next: whoever works on it must be off it by then.
it('waits until the dependent says that it has gone back, whether or not the old version works', async () => {
  expect(await restore([2, 2, 2, 1])).toContain('told to use version 1; it says so');
});

it('fails while it says that it uses the replacement still', async () => {
  await expect(restore([2])).rejects.toMatchObject({ code: 'DEPENDENT_NOT_MOVED' });
});

it('waits for none that never says what it uses: it never said that it had moved', async () => {
  expect(await restore(['unknown'])).toContain('it does not say which version it uses');
});
