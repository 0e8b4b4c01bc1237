import type { ActivityDeps } from '../../../activities/deps';
import { createReadinessActivities, type CredentialReadiness } from '../../../activities/readiness';
import type { VersionState } from '../../../domain/credential';
import { IncidentError } from '../../../domain/errors';
import type { SecretStore } from '../../../domain/ports/stores';
import type { RenderedNotice } from '../../../domain/ports/notifier';
import { publicIdSubject } from '../../../domain/subject';
import { memorySecrets } from '../../support/memory-secrets';
import { runActivity } from '../../support/run-activity';
import { sampleCredential, sampleVersion } from '../../support/sample-credential';

const CREDENTIAL = sampleCredential({
  dependents: [{ id: 'exporter', kind: 'test', target: '', owner: 'analytics', criticality: 2 }],
});
const READY = { state: 'already', value: undefined, evidence: 'ready' } as const;
const DENIED = new IncidentError('PROVIDER_ADMIN_DENIED', { account: 'orders' });

interface Server {
  readonly probe?: () => Promise<unknown>;
  readonly test?: () => Promise<unknown>;
  readonly status?: () => Promise<unknown>;
  readonly states?: readonly VersionState[];
  readonly secrets?: SecretStore;
}

function readinessOf(
  { states = ['live'], secrets = memorySecrets(), ...server }: Server,
  notices: RenderedNotice[] = [],
) {
  const told = new Set<string>();
  const versions = states.map((state, index) =>
    sampleVersion({ version: index + 1, state, subjects: [publicIdSubject('postgres-role', 'orders/app')] }),
  );
  return createReadinessActivities({
    inventory: {
      credential: () => Promise.resolve(CREDENTIAL),
      versions: () => Promise.resolve(versions),
      version: (_id: string, version: number) => Promise.resolve(versions[version - 1]),
    },
    secrets,
    stores: { byDefault: 'vault', all: ['vault', 'postgres'] },
    denylist: { get: () => Promise.resolve(undefined) },
    gateways: { members: () => Promise.resolve({ live: [], missing: [] }) },
    providers: new Map([
      [CREDENTIAL.provider, { probe: () => Promise.resolve(READY), test: () => Promise.resolve(READY), ...server }],
    ]),
    dependents: new Map([
      ['test', { status: () => Promise.resolve({ using: 1, healthy: true, detail: 'works' }), ...server }],
    ]),
    audiences: { engineering: [], security: [{ notifier: 'test', target: '' }], product: [] },
    notifiers: new Map([
      ['test', { send: (_target: string, notice: RenderedNotice) => Promise.resolve(void notices.push(notice)) }],
    ]),
    deliveries: {
      wasSent: (key: string) => Promise.resolve(told.has(key)),
      markSent: (key: string) => Promise.resolve(void told.add(key)),
    },
  } as unknown as ActivityDeps);
}

async function examine(server: Server): Promise<readonly CredentialReadiness[]> {
  return runActivity(readinessOf(server).examineReadiness, { credentialIds: [CREDENTIAL.id] });
}

const unready = (code: string): CredentialReadiness => ({
  ...{ credentialId: 'orders-db', provider: 'postgres-role', version: 1 },
  faults: [{ step: 'contain', code, fault: `${code}: mend it` }],
});

it('finds nothing where all that an incident needs is there, and leaves nothing in the secret stores', async () => {
  const secrets = memorySecrets();

  expect(await examine({ secrets })).toEqual([
    { credentialId: CREDENTIAL.id, provider: CREDENTIAL.provider, version: 1, faults: [] },
  ]);
  expect(secrets.stored()).toEqual([]);
});

it('finds a secret store that takes no new value, or lets none be destroyed', async () => {
  const fails = () => Promise.reject(new IncidentError('SECRET_STORE_UNAVAILABLE', { store: 'any' }));
  const examined = await Promise.all(
    [{ putIfAbsent: fails }, { destroy: fails }].map((broken) =>
      examine({ secrets: { ...memorySecrets(), ...broken } }),
    ),
  );

  const code = 'SECRET_STORE_UNAVAILABLE';
  const faults = [
    expect.objectContaining({ step: 'keep a new value', code }) as unknown,
    expect.objectContaining({ step: 'keep values in postgres', code }) as unknown,
  ];
  expect(examined.map(([one]) => one?.faults)).toEqual([faults, faults]);
});

it.each<[what: string, Server, step: string, code: string]>([
  ['an admin credential that has run out', { probe: () => Promise.reject(DENIED) }, 'contain', 'PROVIDER_ADMIN_DENIED'],
  [
    'a value that is not the one that works',
    { test: () => Promise.reject(new IncidentError('REPLACEMENT_REJECTED', {})) },
    'use the live value',
    'REPLACEMENT_REJECTED',
  ],
  [
    'a dependent that does not work',
    { status: () => Promise.resolve({ using: 1, healthy: false, detail: 'refused' }) },
    'move exporter',
    'DEPENDENT_UNREACHABLE',
  ],
])('finds %s', async (_what, server, step, code) => {
  expect(await examine(server)).toMatchObject([{ faults: [{ step, code }] }]);
});

it('lets out nothing of an error that is not ours', async () => {
  const [found] = await examine({ probe: () => Promise.reject(new TypeError('postgres://admin:hunter2@db')) });

  expect(found?.faults).toEqual([{ step: 'contain', code: 'INTERNAL', fault: 'INTERNAL: TypeError' }]);
});

it('looks at the newest version that lives, and at none that has none', async () => {
  expect(await examine({ states: ['revoked', 'live', 'discarded'] })).toMatchObject([{ version: 2 }]);
  expect(await examine({ states: ['revoked'] })).toEqual([]);
});

it('tells security once, and again when it is something else', async () => {
  const notices: RenderedNotice[] = [];
  const { reportUnready } = readinessOf({}, notices);
  const told = async (code: string) => {
    await runActivity(reportUnready, { unready: [unready(code)] });
    return notices.length;
  };

  expect([await told('PROVIDER_ADMIN_DENIED'), await told('PROVIDER_ADMIN_DENIED')]).toEqual([1, 1]);
  expect(await told('PROVIDER_UNAVAILABLE')).toBe(2);
  expect(notices[0]?.body).toContain('orders-db, contain: PROVIDER_ADMIN_DENIED: mend it');
});
