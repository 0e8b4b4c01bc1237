import { connect } from '@nats-io/transport-node';
import Fastify from 'fastify';
import { fetch } from 'undici';
import { createApiTokenProvider } from '../../activities/providers/api-token';
import { createChildTokenStore } from '../../activities/store/child-tokens';
import { openDatabase } from '../../activities/store/database';
import { createInventory } from '../../activities/store/inventory';
import { migrate } from '../../activities/store/migrate';
import { createTokenStore } from '../../activities/store/token-store';
import { installTokenRoutes } from '../../api/token-routes';
import { fingerprints } from '../../domain/fingerprint';
import { parseMaterial } from '../../domain/secret-material';
import type { UsageEvent } from '../../domain/usage-event';
import { openBucket } from '../../enforcement/buckets';
import { createDenylist } from '../../enforcement/denylist-kv';
import { createGatewayRegistry } from '../../enforcement/gateway-lease';
import { startLocalStack } from '../../stack/local-stack';
import { openDenylistView } from '../../workers/denylist-view';
import { callContext } from '../support/call-context';
import { eventually } from '../support/eventually';
import { TEST_FINGERPRINT_KEYS } from '../support/fingerprint-keys';
import { freshDatabase } from '../support/fresh-database';
import { startGatewayApp } from '../support/gateway-app';
import { testSecretStore } from '../support/orders-server';
import { recordedLog } from '../support/recorded-log';
import { sampleCredential, sampleVersion, secretRef } from '../support/sample-credential';
import { sampleRefusal } from '../support/sample-refusal';
import { findSecrets } from '../support/secret-scan';

/** The rights that each process needs on the two tables of tokens, and no more. */
const RIGHTS = {
  gateway: 'GRANT SELECT ON api_tokens, child_tokens TO gateway',
  api: `GRANT SELECT ON api_tokens, child_tokens, secret_versions, version_subjects, credentials TO api;
    GRANT INSERT, DELETE ON child_tokens TO api`,
  response: 'GRANT SELECT ON api_tokens, child_tokens TO response; GRANT INSERT, UPDATE ON api_tokens TO response',
};

/** The provider, the API's route and a gateway, on real servers, each by a role of its own. */
async function makeRig() {
  const stack = await startLocalStack({ servers: ['postgres', 'nats'] });
  const nats = await connect({ servers: stack.nats?.url ?? '' });
  const ours = await freshDatabase(stack.postgres?.adminUrl ?? '');
  await migrate(ours.url);
  const database = openDatabase(ours.url, { applicationName: 'contract' });
  const as = async (role: keyof typeof RIGHTS) => {
    await database.query(`CREATE ROLE ${role} LOGIN PASSWORD 'password-of-${role}'; ${RIGHTS[role]}`);
    const url = new URL(ours.url);
    [url.username, url.password] = [role, `password-of-${role}`];
    return openDatabase(url.toString(), { applicationName: role });
  };
  const [ofGateway, ofApi, ofResponse] = [await as('gateway'), await as('api'), await as('response')];

  const gateway = await startGatewayApp({ nats, database: ofGateway, fingerprintKeys: TEST_FINGERPRINT_KEYS });
  const { log, lines } = recordedLog();
  const view = openDenylistView(() => connect({ servers: stack.nats?.url ?? '' }), log);
  const derivations: UsageEvent[] = [];
  const api = Fastify();
  await api.register((scope) =>
    installTokenRoutes(scope, {
      tokens: createTokenStore(ofApi),
      childTokens: createChildTokenStore(ofApi),
      inventory: createInventory(ofApi),
      fingerprintsOf: (value) => fingerprints(value, TEST_FINGERPRINT_KEYS),
      isContained: (subjects) => view.isContained(subjects),
      storeUsage: (events) => Promise.resolve(void derivations.push(...events)),
      log,
    }),
  );
  const apiUrl = await api.listen({ host: '127.0.0.1', port: 0 });
  await eventually(
    () => view.answer(),
    (answer) => answer !== undefined,
  );

  const secrets = testSecretStore(database);
  const denylist = createDenylist(await openBucket(nats, 'denylist'));
  const provider = createApiTokenProvider({
    tokens: createTokenStore(ofResponse),
    secrets,
    gateways: createGatewayRegistry(await openBucket(nats, 'gateways')),
    fingerprintKeys: TEST_FINGERPRINT_KEYS,
  });
  const credential = sampleCredential({
    id: 'reports-token',
    provider: 'api-token',
    principal: 'reports-readers',
    scopes: ['reports:read', 'orders:read'],
  });
  let version = 0;

  return {
    provider,
    credential,
    database,
    gateway,
    derivations,
    lines,
    async mint() {
      version += 1;
      const secret = secretRef(credential.id, version);
      const { value } = await provider.createReplacement(credential, { version, secret }, callContext());
      const { token } = parseMaterial('api-token', await secrets.get(secret));
      return { token, version: sampleVersion({ ...value, credentialId: credential.id, version }) };
    },
    async derive(token: string, more: Record<string, string> = {}) {
      const body = new URLSearchParams({
        grant_type: 'urn:ietf:params:oauth:grant-type:token-exchange',
        subject_token: token,
        subject_token_type: 'urn:ietf:params:oauth:token-type:access_token',
        scope: 'reports:read',
        ...more,
      });
      const response = await fetch(`${apiUrl}/v1/token`, { method: 'POST', body });
      const answer = (await response.json()) as Record<string, unknown>;
      return { status: response.status, headers: response.headers, answer, token: String(answer['access_token']) };
    },
    async statusOf(token: string) {
      const response = await fetch(`${gateway.url}/authorize`, { headers: { authorization: `Bearer ${token}` } });
      return { status: response.status, scopes: response.headers.get('x-tourniquet-scopes') };
    },
    async refuse(subject: UsageEvent['subject']) {
      const { revision } = await denylist.tighten(sampleRefusal(subject));
      await eventually(
        () => [gateway.mirror.appliedRevision(), view.answer()?.revision ?? 0],
        (applied) => applied.every((one) => one >= revision),
      );
    },
    async stop() {
      await Promise.all([gateway.stop(), api.close(), view.stop()]);
      await Promise.all([ofGateway, ofApi, ofResponse, database].map((one) => one.end()));
      await nats.close();
      await stack.stop();
    },
  };
}

describe('a token that was derived from one of the api-token provider', () => {
  let rig: Awaited<ReturnType<typeof makeRig>>;

  beforeAll(async () => {
    rig = await makeRig();
  });

  afterAll(() => rig.stop());

  /** Longer than a gateway keeps what it was told. */
  const becomes = (token: string, status: number) =>
    eventually(
      () => rig.statusOf(token),
      (answer) => answer.status === status,
    );

  it('works with fewer scopes, as a use of its parent, and its value is kept nowhere', async () => {
    const parent = await rig.mint();

    const { status, headers, answer, token } = await rig.derive(parent.token);

    expect([status, headers.get('cache-control')]).toEqual([200, 'no-store']);
    expect(answer).toEqual({
      access_token: token,
      issued_token_type: 'urn:ietf:params:oauth:token-type:access_token',
      token_type: 'Bearer',
      expires_in: 3_600,
      scope: 'reports:read',
    });
    expect(await rig.statusOf(token)).toEqual({ status: 200, scopes: 'reports:read' });
    expect(await rig.statusOf(parent.token)).toEqual({ status: 200, scopes: 'reports:read orders:read' });
    const [subject] = parent.version.subjects;
    expect(rig.gateway.events.slice(-2)).toMatchObject([
      { subject, outcome: 'accepted' },
      { subject, outcome: 'accepted' },
    ]);
    expect(rig.derivations.at(-1)).toMatchObject({ subject, outcome: 'accepted', action: { name: 'POST /v1/token' } });
    const { rows } = await rig.database.query('SELECT * FROM child_tokens');
    expect(findSecrets([rows, rig.lines, rig.derivations, rig.gateway.events], [token, parent.token])).toEqual([]);
  });

  it('is refused while its parent is quarantined, and for ever when that is revoked', async () => {
    const [parent, control] = [await rig.mint(), await rig.mint()];
    const { token } = await rig.derive(parent.token);
    expect((await rig.statusOf(token)).status).toBe(200);

    await rig.provider.quarantine(rig.credential, parent.version, callContext());
    await becomes(token, 401);
    const whileRefused = await rig.derive(parent.token);
    await rig.provider.release(rig.credential, parent.version, callContext());
    expect((await becomes(token, 200)).status).toBe(200);
    await rig.provider.revoke(rig.credential, parent.version, callContext());

    expect((await becomes(token, 401)).status).toBe(401);
    const refused = { status: 400, answer: { error: 'invalid_request' } };
    expect([whileRefused, await rig.derive(parent.token)]).toMatchObject([refused, refused]);
    await expect(rig.provider.release(rig.credential, parent.version, callContext())).rejects.toMatchObject({
      code: 'CONTAINMENT_FINAL',
    });
    expect((await rig.statusOf(token)).status).toBe(401);
    const verdict = rig.provider.verifyDead(rig.credential, parent.version, control.version, callContext());
    expect(await verdict).toMatchObject({ verdict: 'dead', proof: 'presented', sessions: 0 });
  });

  it.each([0, 1])('is refused by the denylist alone, under whichever key its parent is named: %i', async (key) => {
    const parent = await rig.mint();
    const { token } = await rig.derive(parent.token);
    expect((await rig.statusOf(token)).status).toBe(200);
    const subject = fingerprints(parent.token, TEST_FINGERPRINT_KEYS)[key];

    await rig.refuse(subject as UsageEvent['subject']);

    // At once: the answer of its issuer is still in the gateway's cache, and says that all is well.
    expect((await rig.statusOf(token)).status).toBe(401);
    expect(rig.gateway.events.at(-1)).toMatchObject({ subject, outcome: 'contained' });
    expect(await rig.derive(parent.token)).toMatchObject({ status: 400, answer: { error: 'invalid_request' } });
    expect(rig.derivations.at(-1)).toMatchObject({ outcome: 'contained' });
  });

  it('ends by its time, and with its parent’s', async () => {
    const parent = await rig.mint();
    const short = await rig.derive(parent.token, { expires_in: '1' });
    const long = await rig.derive(parent.token);
    expect([short.answer['expires_in'], (await rig.statusOf(short.token)).status]).toEqual([1, 200]);
    expect((await becomes(short.token, 401)).status).toBe(401);

    const { publicId } = parent.version;
    await rig.database.query(`UPDATE api_tokens SET expires_at = now() + interval '90 seconds' WHERE public_id = $1`, [
      publicId,
    ]);
    const bounded = await rig.derive(parent.token);
    expect(Number(bounded.answer['expires_in'])).toBeLessThanOrEqual(90);
    await rig.database.query('UPDATE api_tokens SET expires_at = now() WHERE public_id = $1', [publicId]);

    expect((await becomes(parent.token, 401)).status).toBe(401);
    expect((await becomes(long.token, 401)).status).toBe(401);
    expect(await rig.derive(parent.token)).toMatchObject({ status: 400, answer: { error: 'invalid_request' } });
  });

  it.each([
    [
      'more scopes than its parent has',
      (parent: string) => rig.derive(parent, { scope: 'reports:read admin' }),
      'invalid_scope',
      'authorization',
    ],
    [
      'a derived parent',
      async (parent: string) => rig.derive((await rig.derive(parent)).token),
      'invalid_request',
      'authorization',
    ],
    ['a parent that nobody issued', () => rig.derive('canary'), 'invalid_request', 'authentication'],
  ])('is not to be had with %s', async (_case, ask, error, outcome) => {
    const parent = await rig.mint();

    const refused = await ask(parent.token);

    expect(refused).toMatchObject({ status: 400, answer: { error } });
    expect(refused.answer).not.toHaveProperty('access_token');
    expect(rig.derivations.at(-1)).toMatchObject({ outcome });
  });
});

test('a token of the provider that has expired is dead, and nothing brings it back', async () => {
  const rig = await makeRig();
  const [old, control] = [await rig.mint(), await rig.mint()];
  const ofOld = [rig.credential, old.version] as const;
  await rig.provider.quarantine(...ofOld, callContext());
  await rig.database.query('UPDATE api_tokens SET expires_at = now() WHERE public_id = $1', [old.version.publicId]);

  await expect(rig.provider.release(...ofOld, callContext())).rejects.toMatchObject({ code: 'CONTAINMENT_FINAL' });
  await expect(rig.provider.test(...ofOld, callContext())).rejects.toMatchObject({
    code: 'REPLACEMENT_REJECTED',
    fields: { state: 'expired' },
  });
  const verdict = rig.provider.verifyDead(...ofOld, control.version, callContext());
  expect(await verdict).toMatchObject({ verdict: 'dead', proof: 'presented' });
  await rig.stop();
});
