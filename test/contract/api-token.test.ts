import { connect } from '@nats-io/transport-node';
import { fetch } from 'undici';
import { createApiTokenProvider } from '../../activities/providers/api-token';
import { failureCode } from '../../activities/providers/postgres-admin';
import { openDatabase } from '../../activities/store/database';
import { createTokenStore } from '../../activities/store/token-store';
import type { SecretVersion } from '../../domain/credential';
import { parseMaterial } from '../../domain/secret-material';
import { openBucket } from '../../enforcement/buckets';
import { createGatewayRegistry } from '../../enforcement/gateway-lease';
import { startLocalStack } from '../../stack/local-stack';
import { callContext } from '../support/call-context';
import { FaultProxy } from '../../drills/chaos/fault-proxy';
import { TEST_FINGERPRINT_KEYS } from '../support/fingerprint-keys';
import { eventually } from '../support/eventually';
import { freshDatabase } from '../support/fresh-database';
import { startGatewayApp } from '../support/gateway-app';
import { testSecretStore } from '../support/orders-server';
import { migrate } from '../../activities/store/migrate';
import { sampleCredential, sampleVersion, secretRef } from '../support/sample-credential';
import type { ProviderRig } from '../support/provider-rig';
import { BUSY_POSTGRES } from '../support/server-says';
import { describeCredentialProvider } from './credential-provider.contract';

interface ApiTokenRig extends ProviderRig {
  /** As the superuser of our own database. */
  query(statement: string): Promise<unknown[]>;
  stopGateway(): Promise<void>;
}

/** Our own schema on a real PostgreSQL, and a real gateway that asks it. */
async function makeRig(): Promise<ApiTokenRig> {
  const stack = await startLocalStack({ servers: ['postgres', 'nats'] });
  const superuserUrl = stack.postgres?.adminUrl ?? '';
  const nats = await connect({ servers: stack.nats?.url ?? '' });
  const ours = await freshDatabase(superuserUrl);
  await migrate(ours.url);
  const database = openDatabase(ours.url, { applicationName: 'contract' });
  await database.query(`CREATE ROLE response LOGIN PASSWORD 'response-password'`);
  await database.query(
    'GRANT SELECT, INSERT, UPDATE ON api_tokens TO response; GRANT SELECT ON child_tokens TO response',
  );
  const secrets = testSecretStore(database);

  const adminUrl = new URL(ours.url);
  const adminWay = await FaultProxy.start({ host: adminUrl.hostname, port: Number(adminUrl.port) });
  adminUrl.username = 'response';
  adminUrl.password = 'response-password';
  adminUrl.port = String(adminWay.port);
  const admin = openDatabase(adminUrl.toString(), { applicationName: 'contract-admin' });

  const proxies: FaultProxy[] = [];
  const gateway = await startGatewayApp({
    nats,
    database,
    fingerprintKeys: TEST_FINGERPRINT_KEYS,
    authorizeUrl: async (ownUrl) => {
      proxies.push(await FaultProxy.start({ host: '127.0.0.1', port: Number(new URL(ownUrl).port) }));
      return `http://127.0.0.1:${proxies[0]?.port}/authorize`;
    },
  });
  const [loginWay] = proxies as [FaultProxy];
  let gatewayStopped: Promise<void> | undefined;
  const minted = new Map<string, SecretVersion['secret']>();

  async function token(version: SecretVersion): Promise<string> {
    minted.set(version.publicId, version.secret);
    return parseMaterial('api-token', await secrets.get(version.secret)).token;
  }

  async function accepts(version: SecretVersion): Promise<boolean> {
    const response = await fetch(`${gateway.url}/authorize`, {
      headers: { authorization: `Bearer ${await token(version)}` },
    });
    return response.ok;
  }

  async function query(statement: string): Promise<unknown[]> {
    return (await database.query<object>(statement)).rows;
  }

  return {
    query,
    kept: async () => (await query('SELECT 1 FROM api_tokens')).length,
    records: () => query('SELECT * FROM api_tokens ORDER BY public_id'),
    provider: createApiTokenProvider({
      tokens: createTokenStore(admin),
      secrets,
      gateways: createGatewayRegistry(await openBucket(nats, 'gateways')),
      fingerprintKeys: TEST_FINGERPRINT_KEYS,
    }),
    secretStore: secrets,
    credential: sampleCredential({ id: 'reports-token', provider: 'api-token', principal: 'reports-readers' }),
    adminWay,
    loginWay,
    busy: BUSY_POSTGRES,
    changing: /INSERT INTO api_tokens|UPDATE api_tokens/,
    accepts,
    openSession: () => Promise.resolve(undefined),
    sessions: () => Promise.resolve(0),
    async admin(accepted) {
      await database.query(`ALTER ROLE response ${accepted ? 'LOGIN' : 'NOLOGIN'}`);
      if (accepted) return;
      await database.query(`SELECT pg_terminate_backend(pid, 2000) FROM pg_stat_activity WHERE usename = 'response'`);
      // The pool hears of it by and by, and until then hands out what is dead.
      const refused = () => admin.query('SELECT 1').then(() => undefined, failureCode);
      await eventually(refused, (code) => code === '28000');
    },
    async secrets() {
      const values = await Promise.all([...minted.values()].map((ref) => secrets.get(ref)));
      return [...values.map((value) => parseMaterial('api-token', value).token), adminUrl.password];
    },
    stopGateway: () => (gatewayStopped ??= gateway.stop()),
    async stop() {
      await (gatewayStopped ??= gateway.stop());
      await Promise.all([admin.end(), database.end(), nats.close()]);
      await Promise.all([adminWay.stop(), loginWay.stop()]);
      await stack.stop();
    },
  };
}

describeCredentialProvider({
  name: 'api-token',
  make: makeRig,
  skip: [
    {
      reason: 'we issue these tokens: there are no others’',
      cases: ['takes in what others have issued as it keeps what it has minted itself'],
    },
    {
      reason: 'a bearer token has no sessions: every request is checked',
      cases: ['quarantine ends the sessions', 'quarantine lets no login slip through that races it'],
    },
    {
      reason: 'whether one is taken is asked of our own database',
      cases: ['says how long a server that is too busy to take a version asks us to wait'],
    },
    {
      reason: 'its server is our own database, which keeps the value as well',
      cases: ['discard of what no server can have been told of asks nobody'],
    },
  ],
});

test('the record is the proof when no gateway lives to present the token to', async () => {
  const rig = await makeRig();
  const mint = async (version: number) => {
    const secret = secretRef(rig.credential.id, version);
    const { value } = await rig.provider.createReplacement(rig.credential, { version, secret }, callContext());
    return sampleVersion({ ...value, version });
  };
  const [old, control] = [await mint(1), await mint(2)];
  await rig.stopGateway();
  const verify = () => rig.provider.verifyDead(rig.credential, old, control, callContext());

  const before = await verify();
  await rig.provider.revoke(rig.credential, old, callContext());
  const after = await verify();
  await rig.provider.revoke(rig.credential, control, callContext());
  const withoutControl = await verify();

  expect([before, after, withoutControl].map(({ verdict }) => verdict)).toEqual(['alive', 'dead', 'unknown']);
  expect(after.proof).toBe('state');
  await rig.stop();
});

test('the probe names the right to issue and end tokens where our own role lacks it', async () => {
  const rig = await makeRig();
  const probe = () => rig.provider.probe(rig.credential, callContext());
  const denied = { code: 'PROVIDER_ADMIN_DENIED', fields: { missing: 'INSERT and UPDATE on api_tokens' } };

  await rig.query('REVOKE UPDATE ON api_tokens FROM response');
  await expect(probe()).rejects.toMatchObject(denied);
  await rig.query('GRANT UPDATE ON api_tokens TO response');
  await rig.query('REVOKE INSERT ON api_tokens FROM response');
  await expect(probe()).rejects.toMatchObject(denied);
  await rig.query('GRANT INSERT ON api_tokens TO response');

  expect(await probe()).toMatchObject({ state: 'already' });
  await rig.stop();
});
