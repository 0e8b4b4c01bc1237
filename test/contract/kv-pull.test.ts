import { connect } from '@nats-io/transport-node';
import { createKvPullAdapter } from '../../activities/dependents/kv-pull';
import { followCredential } from '../../client';
import type { DependentRecord } from '../../domain/credential';
import { FaultProxy } from '../../drills/chaos/fault-proxy';
import { openBucket } from '../../enforcement/buckets';
import { connectNats } from '../../workers/nats';
import { callContext } from '../support/call-context';
import { eventually } from '../support/eventually';
import { privateNatsServer, type PrivateNatsServer } from '../support/private-nats-server';
import { sampleVersion } from '../support/sample-credential';
import { openTokenUse } from '../support/token-secrets';
import { describeDependent, OVER_HTTP, type DependentRig } from './dependent.contract';

const CREDENTIAL = 'reports-token';
const ANYBODY = { TOURNIQUET_NATS_USER: undefined, TOURNIQUET_NATS_PASSWORD_FILE: undefined };

let server: PrivateNatsServer;
let nextDependent = 1;

beforeAll(async () => {
  server = await privateNatsServer({
    authorization: {
      users: [
        { user: 'everybody', password: 'everybody' },
        { user: 'reader', password: 'canary-reader', permissions: { publish: { deny: ['$KV.>'] } } },
      ],
    },
    no_auth_user: 'everybody',
  });
});

afterAll(async () => {
  await server.stop();
});

function record(id: string): DependentRecord {
  return { id, kind: 'kv-pull', target: '', owner: 'analytics', criticality: 2 };
}

/** The real follower of the client library on a real NATS server, with connections of their own for both sides. */
async function makeRig(): Promise<
  DependentRig & { readonly errors: unknown[]; announce(value: string): Promise<void> }
> {
  const way = await FaultProxy.start({ host: '127.0.0.1', port: Number(new URL(server.url).port) });
  const [ours, theirs] = await Promise.all([
    connectNats({ ...ANYBODY, TOURNIQUET_NATS_URL: `nats://127.0.0.1:${way.port}` }, 'contract'),
    connect({ servers: server.url }),
  ]);
  const id = `exporter-${nextDependent++}`;
  const credentialId = `${CREDENTIAL}-${id}`;
  const token = await openTokenUse(credentialId);
  const errors: unknown[] = [];
  const stopFollowing = await followCredential(token.use, {
    dependentId: id,
    credentials: await openBucket(theirs, 'credentials'),
    acks: await openBucket(theirs, 'acks'),
    onError: (error) => errors.push(error),
  });
  const reader = await connect({ servers: server.url, user: 'reader', pass: 'canary-reader' });
  const readers = { credentials: await openBucket(reader, 'credentials'), acks: await openBucket(reader, 'acks') };
  const buckets = { credentials: await openBucket(ours, 'credentials'), acks: await openBucket(ours, 'acks') };

  return {
    ...token,
    errors,
    adapter: createKvPullAdapter(buckets),
    dependent: record(id),
    silent: record(`${id}-silent`),
    credentialId,
    async announce(value) {
      await buckets.credentials.put(`${credentialId}.${id}`, value);
    },
    async garble() {
      await buckets.acks.put(`${credentialId}.${id}-garbling`, '<html');
      return record(`${id}-garbling`);
    },
    withWrongKey: () => createKvPullAdapter(readers),
    way,
    changing: /PUB \$KV\.credentials\./,
    cut: () => ours.close(),
    async traffic() {
      const entries = await Promise.all([
        buckets.credentials.get(`${credentialId}.${id}`),
        buckets.acks.get(`${credentialId}.${id}`),
      ]);
      return entries.map((entry) => entry?.string() ?? '');
    },
    async stop() {
      stopFollowing();
      await Promise.all([ours.close(), theirs.close(), reader.close()]);
      await way.stop();
    },
  };
}

describeDependent({
  name: 'kv-pull',
  make: makeRig,
  skip: [{ reason: 'NATS asks nobody to wait, and is no network’s to answer in place of', cases: OVER_HTTP }],
});

test('a follower outlives an announcement it can not read', async () => {
  const rig = await makeRig();
  await rig.announce('<html');
  await eventually(
    () => rig.errors.length,
    (errors) => errors > 0,
  );

  await rig.adapter.activate(
    rig.dependent,
    sampleVersion({ credentialId: rig.credentialId, version: 2 }),
    callContext(),
  );

  expect(await eventually(rig.held, (held) => held === 2)).toBe(2);
  await rig.stop();
});

test('moves alone: what is announced to one dependent moves no other of the same credential', async () => {
  const rig = await makeRig();
  const { id } = rig.dependent;

  await rig.adapter.activate(
    { ...rig.dependent, id: `${id}-canary` },
    sampleVersion({ credentialId: rig.credentialId, version: 2 }),
    callContext(),
  );
  await rig.adapter.activate(
    rig.dependent,
    sampleVersion({ credentialId: rig.credentialId, version: 3 }),
    callContext(),
  );

  // What came for the other one first would have been taken first.
  expect(await eventually(rig.held, (held) => held !== 1)).toBe(3);
  await rig.stop();
});
