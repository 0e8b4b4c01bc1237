import type { KV } from '@nats-io/kv';
import { connect, type NatsConnection } from '@nats-io/transport-node';
import { watchRefusals } from '../../drills/refusal-watch';
import type { InventoryRecord, VersionState } from '../../domain/credential';
import type { DenylistEntry } from '../../domain/denylist';
import { publicIdSubject, subjectKey } from '../../domain/subject';
import { askBucket } from '../../enforcement/bucket-state';
import { openBucket, type Bucket } from '../../enforcement/buckets';
import { createDenylist } from '../../enforcement/denylist-kv';
import { mirrorDenylist } from '../../enforcement/denylist-mirror';
import { watchFreshness, type FreshnessState } from '../../enforcement/freshness';
import { WHOLE_BUCKET } from '../../enforcement/follow-bucket';
import { createGatewayRegistry, holdLease } from '../../enforcement/gateway-lease';
import { createInventoryProjection, mirrorInventory } from '../../enforcement/inventory-kv';
import { eventually } from '../support/eventually';
import { privateNatsServer, type PrivateNatsServer } from '../support/private-nats-server';
import { sampleRefusal } from '../support/sample-refusal';

const NOT_JSON = '<html';
const ADDRESS = '203.0.113.7';

let server: PrivateNatsServer;
let nats: NatsConnection;
let next = 1;

beforeAll(async () => {
  server = await privateNatsServer();
  nats = await connect({ servers: server.url, maxReconnectAttempts: -1, reconnectTimeWait: 50 });
});

afterAll(async () => {
  await nats.close();
  await server.stop();
});

const fail = (error: unknown) => {
  throw error;
};
const newSubject = () => publicIdSubject('test', `subject-${next++}`);

function recordOf(subject = newSubject(), state: VersionState = 'live'): InventoryRecord {
  return {
    subject,
    credentialId: 'c',
    version: 1,
    state,
    provider: 'test',
    ownerTeam: 't',
    enforcement: 'gateway',
    protection: 'normal',
    principalKind: 'workload',
    scopes: [],
    knownContexts: [],
  };
}

const entryOf = (subject = newSubject(), more: Partial<DenylistEntry> = {}) => sampleRefusal(subject, more);

/** A bucket whose watches can be ended from outside, as a server or a library may end them. */
async function cuttable(bucket: Bucket): Promise<{ kv: KV; cut(): void; watches(): number }> {
  const kv = await openBucket(nats, bucket);
  const watches: { stop(): void }[] = [];
  const cutting = new Proxy(kv, {
    get(target, name) {
      if (name !== 'watch') return Reflect.get(target, name, target) as unknown;
      return async (options?: object) => {
        const watch = await target.watch(options);
        watches.push(watch);
        return watch;
      };
    },
  });
  return { kv: cutting, cut: () => watches.at(-1)?.stop(), watches: () => watches.length };
}

describe('the inventory mirror', () => {
  it('tells of a value that is not JSON and goes on, before it is complete and after', async () => {
    const kv = await openBucket(nats, 'inventory');
    const [first, second] = [recordOf(), recordOf()];
    const faults: string[] = [];
    await kv.put('broken.before', NOT_JSON);
    await createInventoryProjection(kv).write([first]);

    const mirror = await mirrorInventory(kv, (key) => faults.push(key));
    const loaded = mirror.lookup(first.subject);
    await kv.put('broken.after', NOT_JSON);
    await createInventoryProjection(kv).write([second]);
    const later = await eventually(
      () => mirror.lookup(second.subject),
      (found) => found !== undefined,
    );

    expect([loaded, later]).toEqual([first, second]);
    expect(faults).toEqual(['broken.before', 'broken.after']);
    mirror.stop();
  });

  it('opens its watch again when that ends by itself, and says so', async () => {
    const { kv, cut, watches } = await cuttable('inventory');
    const record = recordOf();
    const faults: string[] = [];
    const mirror = await mirrorInventory(kv, (key) => faults.push(key));

    cut();
    await eventually(watches, (count) => count === 2);
    await createInventoryProjection(kv).write([record]);

    const found = await eventually(
      () => mirror.lookup(record.subject),
      (one) => one !== undefined,
    );
    expect(found).toEqual(record);
    expect(faults).toContain(WHOLE_BUCKET);
    mirror.stop();
  });
});

describe('the denylist mirror', () => {
  const mirrorOf = async (kv: KV) => {
    const [applied, faults]: [number[], string[]] = [[], []];
    const mirror = await mirrorDenylist(kv, {
      onApplied: (revision) => applied.push(revision),
      onFault: ({ key }) => faults.push(key),
    });
    const refuses = (subject: DenylistEntry['subject']) => mirror.check(subject, ADDRESS, Date.now()).refused;
    return { mirror, applied, faults, refuses };
  };

  it('keeps what it refuses and hears what is new when its watch ends by itself', async () => {
    const { kv, cut, watches } = await cuttable('denylist');
    const denylist = createDenylist(kv);
    const [before, during] = [entryOf(), entryOf()];
    await denylist.tighten(before);
    const { mirror, faults, refuses } = await mirrorOf(kv);

    cut();
    const { revision } = await denylist.tighten(during);
    await eventually(mirror.appliedRevision, (applied) => applied >= revision);

    expect([refuses(before.subject), refuses(during.subject)]).toEqual([true, true]);
    expect([watches(), faults]).toEqual([2, [WHOLE_BUCKET]]);
    mirror.stop();
  });

  it('acknowledges nothing of a bucket that was made anew until it has applied it', async () => {
    const { kv, cut } = await cuttable('denylist');
    const known = entryOf();
    for (let n = 0; n < 3; n++) await createDenylist(kv).tighten(entryOf());
    await createDenylist(kv).tighten(known);
    const { mirror, applied, refuses } = await mirrorOf(kv);

    await kv.destroy();
    const anew = await openBucket(nats, 'denylist');
    const { revision } = await createDenylist(anew).tighten(entryOf());
    cut();
    await eventually(mirror.appliedRevision, (now) => now === revision);

    expect(applied.slice(-2)).toEqual([0, revision]);
    expect(refuses(known.subject)).toBe(true);
    mirror.stop();
  });

  it('knows a bucket that was made anew with more writes than the old one, and follows it from its beginning', async () => {
    const { kv } = await cuttable('denylist');
    const known = entryOf();
    await createDenylist(kv).tighten(known);
    const { mirror, applied, refuses } = await mirrorOf(kv);
    const old = mirror.bucket();
    const states: FreshnessState[] = [];
    const freshness = watchFreshness({
      ask: () => askBucket(nats, 'denylist'),
      follower: () => mirror,
      onChange: (state) => states.push(state),
    });
    await eventually(
      () => freshness.state().fresh,
      (fresh) => fresh,
    );

    await kv.destroy();
    const anew = createDenylist(await openBucket(nats, 'denylist'));
    const last = entryOf();
    for (let n = 0; n < 30; n++) await anew.tighten(entryOf());
    const { revision } = await anew.tighten(last);
    await eventually(mirror.appliedRevision, (now) => now === revision);
    await eventually(
      () => freshness.state().fresh,
      (fresh) => fresh,
    );

    expect(states.map((state) => (state.fresh ? 'fresh' : state.why))).toEqual(['fresh', 'other-bucket', 'fresh']);
    expect(applied.slice(-2)).toEqual([0, revision]);
    expect(mirror.bucket()).not.toBe(old);
    expect([refuses(known.subject), refuses(last.subject)]).toEqual([true, true]);
    freshness.stop();
    mirror.stop();
  });

  it('does not take an entry under the key of another subject', async () => {
    const kv = await openBucket(nats, 'denylist');
    const { mirror, faults, refuses } = await mirrorOf(kv);
    const [strict, loose] = [entryOf(), entryOf()];
    await createDenylist(kv).tighten(strict);

    const foreign = entryOf(strict.subject, {
      mode: 'known-contexts-only',
      allow: [{ id: 'any', networks: ['0.0.0.0/0'] }],
    });
    await kv.put(subjectKey(loose.subject), JSON.stringify(foreign));
    const told = await eventually(
      () => faults.includes(subjectKey(loose.subject)),
      (seen) => seen,
    );

    expect([told, refuses(strict.subject)]).toEqual([true, true]);
    mirror.stop();
  });

  it('refuses to everybody what allows networks that can not be read', async () => {
    const kv = await openBucket(nats, 'denylist');
    const { mirror, faults, refuses } = await mirrorOf(kv);
    const entry = entryOf(undefined, { mode: 'known-contexts-only', allow: [{ id: 'a', networks: ['nonsense'] }] });

    await kv.put(subjectKey(entry.subject), JSON.stringify(entry));
    // Not just any fault: what other tests left unreadable is replayed first.
    const told = await eventually(
      () => faults.includes(subjectKey(entry.subject)),
      (seen) => seen,
    );

    expect([told, refuses(entry.subject)]).toEqual([true, true]);
    mirror.stop();
  });

  it('ends quietly when it is stopped', async () => {
    const { kv, watches } = await cuttable('denylist');
    const { mirror, faults } = await mirrorOf(kv);
    // Those of entries that other tests left behind.
    faults.length = 0;

    mirror.stop();
    await new Promise((resolve) => setTimeout(resolve, 400));

    expect([watches(), faults]).toEqual([1, []]);
  });
});

describe('the gateways’ leases', () => {
  const lease = (gatewayId: string, appliedRevision: number, age = 0) =>
    JSON.stringify({
      gatewayId,
      authorizeUrl: 'http://127.0.0.1:1/authorize',
      appliedRevision,
      at: Date.now() - age,
    });

  it('name who went away without signing off, for a day, and never who did', async () => {
    const kv = await openBucket(nats, 'gateways');
    const hour = 3_600_000;
    await kv.put('gone', lease('gone', 7, 4_000));
    await kv.put('forgotten', lease('forgotten', 7, 25 * hour));
    await kv.put('yesterday', lease('yesterday', 7, 23 * hour));
    const holder = holdLease(kv, { id: 'polite', authorizeUrl: '' }, fail);
    holder.acknowledge(7);
    await holder.stop();

    const { missing } = await createGatewayRegistry(kv).members();
    const inForce = await createGatewayRegistry(kv).waitForRevision(8, AbortSignal.timeout(5_000));

    expect(missing.map(({ gatewayId }) => gatewayId).sort()).toEqual(['gone', 'yesterday']);
    // Nobody waits for who is missing.
    expect([inForce.applied, inForce.behind, [...inForce.missing].sort()]).toEqual([[], [], ['gone', 'yesterday']]);
    for (const id of ['gone', 'forgotten', 'yesterday']) await kv.delete(id);
  });

  it('are read beside one that can not be read', async () => {
    const kv = await openBucket(nats, 'gateways');
    const faults: string[] = [];
    await kv.put('broken', NOT_JSON);
    await kv.put('g1', lease('g1', 7));

    const live = await createGatewayRegistry(kv, (key) => faults.push(key)).live();

    expect(live.map(({ gatewayId }) => gatewayId)).toEqual(['g1']);
    expect(faults).toEqual(['broken']);
  });

  it('are waited for on when the watch ends by itself', async () => {
    const { kv, cut, watches } = await cuttable('gateways');
    await kv.put('g1', lease('g1', 7));
    const waiting = createGatewayRegistry(kv).waitForRevision(8, AbortSignal.timeout(20_000));
    await eventually(watches, (count) => count === 1);

    cut();
    await eventually(watches, (count) => count === 2);
    await kv.put('g1', lease('g1', 8));

    const { applied, behind } = await waiting;
    expect([applied.map(({ gatewayId }) => gatewayId), behind]).toEqual([['g1'], []]);
  });
});

describe('the refusal watch', () => {
  it('goes on over values that can not be read', async () => {
    const [denylist, gateways] = [await openBucket(nats, 'denylist'), await openBucket(nats, 'gateways')];
    const faults: string[] = [];
    await gateways.delete('g1');
    const g2 = { gatewayId: 'g2', authorizeUrl: '', appliedRevision: 0, at: Date.now() };
    await gateways.put('g2', JSON.stringify(g2));
    const watch = await watchRefusals(nats, ({ key }) => faults.push(key));
    const at = Date.now();

    await denylist.put('broken.watched', NOT_JSON);
    await gateways.put('broken', NOT_JSON);
    const { revision } = await createDenylist(denylist).tighten(entryOf(undefined, { credentialId: 'watched' }));
    await gateways.put('g2', JSON.stringify({ ...g2, appliedRevision: revision, at }));

    const refusedAt = await eventually(
      () => watch.refusedAt('watched', 1),
      (found) => found !== null,
    );
    expect(refusedAt).toBe(at);
    expect(faults).toEqual(expect.arrayContaining(['broken.watched', 'broken']));
    watch.stop();
  });
});

describe('the inventory projection', () => {
  const stored = async (record: InventoryRecord) =>
    (await (await openBucket(nats, 'inventory')).get(subjectKey(record.subject)))?.json<InventoryRecord>();

  it.each([
    ['revoked', 'live'],
    ['revoked', 'quarantined'],
    ['quarantined', 'live'],
    ['live', 'pending'],
    ['discarded', 'live'],
  ] as const)('does not take %s back to %s', async (later, earlier) => {
    const projection = createInventoryProjection(await openBucket(nats, 'inventory'));
    const record = recordOf(undefined, later);
    await projection.write([record]);

    await projection.write([{ ...record, state: earlier, ownerTeam: 'new' }]);

    expect(await stored(record)).toEqual({ ...record, ownerTeam: 'new' });
  });

  it('ends at the latest state, in whatever order writers meet', async () => {
    const kv = await openBucket(nats, 'inventory');
    const states: VersionState[] = ['pending', 'live', 'quarantined', 'revoked'];
    const records = Array.from({ length: 5 }, () => recordOf());

    const writers = [...states, ...states].map((state) =>
      createInventoryProjection(kv).write(records.map((record) => ({ ...record, state }))),
    );
    await Promise.all(writers);

    const found = await Promise.all(records.map(stored));
    expect(found.map((record) => record?.state)).toEqual(records.map(() => 'revoked'));
  });

  it('does not write over what came between its reading and its writing', async () => {
    const kv = await openBucket(nats, 'inventory');
    const record = recordOf(undefined, 'live');
    await createInventoryProjection(kv).write([record]);
    let raced = false;
    const racing = new Proxy(kv, {
      get(target, name) {
        if (name !== 'get') {
          const value = Reflect.get(target, name, target) as unknown;
          return typeof value === 'function' ? (value.bind(target) as unknown) : value;
        }
        return async (key: string) => {
          const found = await target.get(key);
          if (!raced) await createInventoryProjection(target).write([{ ...record, state: 'revoked' }]);
          raced = true;
          return found;
        };
      },
    });

    await createInventoryProjection(racing).write([{ ...record, ownerTeam: 'new' }]);

    expect(await stored(record)).toEqual({ ...record, state: 'revoked', ownerTeam: 'new' });
  });

  it('writes over a value that can not be read, and over one that was taken out', async () => {
    const kv = await openBucket(nats, 'inventory');
    const [broken, removed] = [recordOf(), recordOf()];
    await kv.put(subjectKey(broken.subject), NOT_JSON);
    await createInventoryProjection(kv).write([removed]);
    await kv.delete(subjectKey(removed.subject));

    await createInventoryProjection(kv).write([broken, removed]);

    expect(await Promise.all([stored(broken), stored(removed)])).toEqual([broken, removed]);
  });
});
