import { writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import { once } from 'node:events';
import { mkdtemp } from 'node:fs/promises';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import type { KubernetesDependent } from '../../activities/dependents/dependent-settings';
import { annotationOf, createKubernetesRolloutAdapter } from '../../activities/dependents/kubernetes-rollout';
import { FaultProxy } from '../../drills/chaos/fault-proxy';
import { callContext } from '../support/call-context';
import { startKubernetesApi, type KubernetesApi } from '../support/kubernetes-api';
import { dependentOf, tokensOf } from '../support/program-rig';
import { sampleVersion } from '../support/sample-credential';
import { temporaryFolder } from '../support/temporary-folder';
import { BUSY_HTTP, HTTP_CHANGE } from '../support/server-says';
import { describeDependent, type DependentRig } from './dependent.contract';

const CREDENTIAL = 'reports-token';
const folders = temporaryFolder();

interface KubernetesRig extends DependentRig {
  readonly api: KubernetesApi;
  readonly system: KubernetesDependent;
}

/** A deployment whose pods read a secret of Kubernetes, which the adapter writes; on a stand-in of the API, since no cluster can be had here. */
async function makeRig(): Promise<KubernetesRig> {
  const folder = await mkdtemp(join(folders.path, 'kubernetes-'));
  const api = await startKubernetesApi(['orders', 'silent']);
  const way = await FaultProxy.start({ host: '127.0.0.1', port: Number(new URL(api.url).port) });
  const tokens = tokensOf(CREDENTIAL);
  const [tokenFile, wrongFile] = [join(folder, 'token'), join(folder, 'wrong')];
  writeFileSync(tokenFile, `${api.token}\n`);
  writeFileSync(wrongFile, 'canary-wrong-token');
  const servers: Server[] = [];
  const system: KubernetesDependent = {
    credentials: [CREDENTIAL],
    server: `http://127.0.0.1:${way.port}`,
    tokenFile,
    namespace: 'shop',
    kind: 'deployment',
    name: 'orders',
    secret: { name: 'orders-secret', key: 'token', template: '{token}' },
  };
  const systems = new Map([
    ['good', system],
    ['silent', { ...system, name: 'silent' }],
  ]);
  return {
    api,
    system,
    adapter: createKubernetesRolloutAdapter(systems, tokens.store),
    dependent: dependentOf('kubernetes-rollout', 'good'),
    silent: dependentOf('kubernetes-rollout', 'silent'),
    credentialId: CREDENTIAL,
    held: () => Number(/canary-token-(\d+)-/.exec(valueIn(api))?.[1]),
    fetches: () => tokens.failed() + api.generation('orders'),
    probeWorks: (works) => void (api.ready = works),
    storeAnswers: tokens.storeAnswers,
    async garble() {
      const garbling = createServer((_request, response) => response.end('<html')).listen(0, '127.0.0.1');
      await once(garbling, 'listening');
      servers.push(garbling);
      systems.set('garbling', { ...system, server: `http://127.0.0.1:${(garbling.address() as AddressInfo).port}` });
      return dependentOf('kubernetes-rollout', 'garbling');
    },
    withWrongKey: () =>
      createKubernetesRolloutAdapter(new Map([['good', { ...system, tokenFile: wrongFile }]]), tokens.store),
    way,
    busy: BUSY_HTTP,
    changing: HTTP_CHANGE,
    cut: () => api.stop(),
    traffic: () => Promise.resolve(api.bodies),
    secrets: [...tokens.secrets, api.token, 'canary-wrong-token'],
    async stop() {
      servers.forEach((server) => server.close());
      await way.stop();
      await api.stop();
    },
  };
}

function valueIn({ secrets }: KubernetesApi): string {
  return Buffer.from(secrets.get('orders-secret')?.['token'] ?? '', 'base64').toString('utf8');
}

describeDependent({
  name: 'kubernetes-rollout',
  make: makeRig,
  skip: [{ reason: 'a secret of Kubernetes is where the value goes', cases: ['lets no secret cross'] }],
});

describe('a rollout', () => {
  const version = (n: number) => sampleVersion({ credentialId: CREDENTIAL, version: n });
  let rig: KubernetesRig;

  beforeEach(async () => {
    rig = await makeRig();
  });

  afterEach(() => rig.stop());

  const status = () => rig.adapter.status(rig.dependent, version(2), callContext());
  const activate = (n = 2) => rig.adapter.activate(rig.dependent, version(n), callContext());

  it('is several versions at once until the last old pod is gone, and is not begun anew meanwhile', async () => {
    rig.api.rollsOut = false;
    await activate();
    const begun = rig.api.generation('orders');

    expect(await status()).toEqual({
      using: 'several',
      towards: 2,
      healthy: false,
      detail: '0 of 2 pods use version 2',
    });
    await activate();
    expect(rig.api.annotations('orders')).toEqual({ [annotationOf(CREDENTIAL)]: '2' });
    expect(rig.api.generation('orders')).toBe(begun);
  });

  it('writes the old value again when it is moved back, also where its pods never took the new one', async () => {
    await activate(1);
    rig.api.refuseNext('deployments', 403);
    await expect(activate(2)).rejects.toMatchObject({ code: 'DEPENDENT_REFUSED' });
    const written = valueIn(rig.api);

    await activate(1);

    expect([written, valueIn(rig.api)]).toEqual([`canary-token-2-of-${CREDENTIAL}`, `canary-token-1-of-${CREDENTIAL}`]);
  });

  it('is one of a stateful set, too', async () => {
    const set = { ...rig.system, kind: 'statefulset', name: 'orders-set' } as const;
    const adapter = createKubernetesRolloutAdapter(new Map([['good', set]]), {
      get: () => Promise.resolve(JSON.stringify({ kind: 'api-token', token: 't' })),
    });

    await adapter.activate(rig.dependent, version(2), callContext());

    expect(await adapter.status(rig.dependent, version(2), callContext())).toMatchObject({ using: 2, healthy: true });
  });

  it('writes the value only where the settings say so: pods may fetch it themselves', async () => {
    const { secret: _none, ...without } = rig.system;
    const adapter = createKubernetesRolloutAdapter(new Map([['good', without]]), {
      get: () => Promise.reject(new Error('nobody asked for a value')),
    });

    await adapter.activate(rig.dependent, version(2), callContext());

    expect(await status()).toMatchObject({ using: 2, healthy: true });
    expect(rig.api.bodies.join()).not.toContain('"data"');
  });

  it.each([
    [429, { 'retry-after': '7' }, { code: 'DEPENDENT_UNREACHABLE', fields: { status: 429, retryAfterMs: 7_000 } }],
    [503, {}, { code: 'DEPENDENT_UNREACHABLE' }],
    [404, {}, { code: 'DEPENDENT_REFUSED', fields: { status: 404 } }],
  ])('passes on what the API says: %s', async (code, headers, expected) => {
    rig.api.refuse(code, headers);

    await expect(activate()).rejects.toMatchObject(expected);
  });

  it.each(['reports-token', 'a'.repeat(128), '-', 'fp:1/ä', 'A_b.c'])(
    'has an annotation that Kubernetes takes: %s',
    (id) => {
      // A name of at most 63 characters behind a prefix that is a DNS name.
      expect(annotationOf(id)).toMatch(/^tourniquet\.dev\/[A-Za-z0-9](?:[-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?$/);
      expect(annotationOf(id)).not.toBe(annotationOf(`${id}x`));
    },
  );
});
