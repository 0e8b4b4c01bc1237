import { createWaveActivities } from '../../../activities/waves';
import type { VersionState } from '../../../domain/credential';
import type { DependentStatus } from '../../../domain/ports/dependent';
import { runActivity } from '../../support/run-activity';
import { sampleCredential, sampleVersion } from '../../support/sample-credential';

type Deps = Parameters<typeof createWaveActivities>[0];

const CREDENTIAL = sampleCredential({
  dependents: (['exporter', 'unreachable'] as const).map((id) => ({
    id,
    kind: id === 'exporter' ? 'test' : id,
    target: '',
    owner: 'analytics',
    criticality: 2,
  })),
});

/** Looks at dependents, of which one was to take version 2 and answers so, one look after the other; the last answer stays. */
function lookAt(
  answers: readonly Pick<DependentStatus, 'using' | 'healthy'>[],
  dependents = ['exporter'],
  state: VersionState = 'live',
  third: VersionState = 'live',
) {
  const left = [...answers];
  const looks = createWaveActivities({
    inventory: {
      credential: () => Promise.resolve(CREDENTIAL),
      version: (_id: string, version: number) => Promise.resolve(sampleVersion({ version, state })),
      versions: () =>
        Promise.resolve([sampleVersion({ version: 2, state }), sampleVersion({ version: 3, state: third })]),
    },
    providers: new Map([[CREDENTIAL.provider, {}]]),
    dependents: new Map([
      ['unreachable', { status: () => Promise.reject(new Error('connection refused')) }],
      ['test', { status: () => Promise.resolve({ ...(left.length > 1 ? left.shift() : left[0]), detail: '' }) }],
    ]),
  } as unknown as Deps);
  const step = { incidentId: 'i', runId: 'r', credentialId: CREDENTIAL.id, version: 1, stepKey: 's' };
  const wave = { ...step, dependents, to: 2 };
  return { broken: () => runActivity(looks.findBroken, wave), users: () => runActivity(looks.findUsers, wave) };
}

const findBroken = (...given: Parameters<typeof lookAt>) => lookAt(...given).broken();

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

it('one that can’t be asked hides no other', async () => {
  expect(await findBroken([{ using: 2, healthy: false }], ['unreachable', 'exporter'])).toEqual(['exporter']);
});

it.each<[DependentStatus['using'], string[]]>([
  [2, ['exporter']],
  [3, ['exporter']],
  [1, []],
  ['unknown', []],
])('who uses %s is a user of version 2: %j', async (using, users) => {
  expect(await lookAt([{ using, healthy: true }], ['unreachable', 'exporter']).users()).toEqual(users);
});

it('nobody is a user of what has been ended: there is nothing to go back to', async () => {
  expect(await lookAt([{ using: 2, healthy: true }], ['exporter'], 'discarded').users()).toEqual([]);
});

it('nobody is a user of it who says that it uses a later one that was ended', async () => {
  expect(await lookAt([{ using: 3, healthy: true }], ['exporter'], 'live', 'discarded').users()).toEqual([]);
});
