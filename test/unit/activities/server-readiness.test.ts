import type { ActivityDeps } from '../../../activities/deps';
import { createReadinessActivities } from '../../../activities/readiness';
import { IncidentError } from '../../../domain/errors';
import { memorySecrets } from '../../support/memory-secrets';
import { runActivity } from '../../support/run-activity';
import { sampleCredential, sampleVersion } from '../../support/sample-credential';

const ORDERS = sampleCredential({ provider: 'postgres-role', account: 'orders' });

function examine({
  state = 'live',
  probe = () => Promise.resolve({}),
  reach = () => Promise.resolve(),
}: {
  readonly state?: 'live' | 'revoked';
  readonly probe?: (account: string) => Promise<unknown>;
  readonly reach?: (target: string) => Promise<void>;
} = {}) {
  const deps = {
    inventory: {
      credentials: () => Promise.resolve([ORDERS]),
      versions: () => Promise.resolve([sampleVersion({ state })]),
    },
    accounts: { 'postgres-role': ['orders', 'reports'], gone: ['old'] },
    providers: new Map([['postgres-role', { probeAccount: probe }]]),
    secrets: memorySecrets(),
    stores: { byDefault: 'postgres', all: ['postgres', 'vault'] },
    notifiers: new Map([['slack', { reach }]]),
    audiences: {
      engineering: [{ notifier: 'slack', target: 'a' }],
      security: [],
      product: [],
      'on-call': [{ notifier: 'slack', target: 'b' }],
    },
  } as unknown as ActivityDeps;
  return runActivity(createReadinessActivities(deps).examineServers, undefined);
}

it('asks accounts of which no credential lives here, every channel, and every secret store', async () => {
  expect(await examine()).toEqual([
    { name: 'account postgres-role/reports', faults: [] },
    {
      name: 'account gone/old',
      faults: [expect.objectContaining({ step: 'take our admin credential', code: 'PROVIDER_UNKNOWN' })],
    },
    { name: 'channel 1 of engineering (slack)', faults: [] },
    { name: 'channel 1 of on-call (slack)', faults: [] },
    { name: 'secret store postgres', faults: [] },
    { name: 'secret store vault', faults: [] },
  ]);
  expect((await examine({ state: 'revoked' })).map(({ name }) => name)).toContain('account postgres-role/orders');
});

it('says what each would fail at, and of whom it was not asked nothing', async () => {
  const found = await examine({
    probe: () => Promise.reject(new IncidentError('PROVIDER_ADMIN_DENIED', { account: 'reports' })),
    reach: (target) =>
      target === 'a'
        ? Promise.reject(new IncidentError('NOTIFICATION_FAILED', { notifier: 'slack' }))
        : Promise.reject(new TypeError('https://hooks.example/secret')),
  });

  expect(found.flatMap(({ faults }) => faults.map(({ code }) => code))).toEqual([
    'PROVIDER_ADMIN_DENIED',
    'PROVIDER_UNKNOWN',
    'NOTIFICATION_FAILED',
    'INTERNAL',
  ]);
  expect(JSON.stringify(found)).not.toContain('hooks.example');
});
