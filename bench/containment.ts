import { AckPolicy, jetstream, jetstreamManager } from '@nats-io/jetstream';
import { connect } from '@nats-io/transport-node';
import Table from 'cli-table3';
import pino from 'pino';
import type { InventoryRecord } from '../domain/credential';
import type { DenylistEntry } from '../domain/denylist';
import { partitionOf, publicIdSubject, type Subject } from '../domain/subject';
import type { UsageEvent } from '../domain/usage-event';
import { openBucket } from '../enforcement/buckets';
import { createDenylist } from '../enforcement/denylist-kv';
import { startLocalStack } from '../stack/local-stack';
import { holdEntry } from '../workers/detection/write-hold';
import { startDetection } from '../workers/detection/start-detection';
import { DEFAULT_POLICY } from '../domain/policy';
import { benchRecord } from './bench-record';
import { figuresOf, round, type Figures } from './statistics';
import { startWatchers, type Watchers } from './watchers';

const LEAKS = 200;
const WATCHERS = [1, 10, 200] as const;
const PARTITIONS = 4;
/** Healthy uses that teach the detectors a credential, and how far apart: they learn from 10 uses and 3 s on. */
const LESSONS = 12;
const LESSON_MS = 400;

export interface ContainmentResult extends Figures {
  readonly bench: 'containment';
  readonly floorP50Ms: number;
  readonly floorP99Ms: number;
  readonly ratioP50: number;
  readonly ratioP99: number;
  /** From the publication to the last of so many watchers. */
  readonly toLast: Readonly<Record<string, Figures & { readonly floorP50Ms: number; readonly floorP99Ms: number }>>;
}

/**
 * From the publication of the event that completes the evidence to the refusal: publish → detectors → hold → every gateway's
 * map. The floor, taken in turn with it in the same run, is what that can't be quicker than: publish → consume → KV put → watch.
 */
export async function benchContainment(report: (line: string) => void): Promise<ContainmentResult> {
  const stack = await startLocalStack({ servers: ['nats'], report });
  const url = stack.nats?.url ?? '';
  try {
    const toLast: Record<string, Figures & { floorP50Ms: number; floorP99Ms: number }> = {};
    let first: { measured: Figures; floor: Figures } | undefined;
    for (const count of WATCHERS) {
      report(`${LEAKS} leaks with ${count} watchers`);
      const { measured, floor } = await measure(url, count);
      const last = figuresOf(measured.map(({ last }) => last));
      const floorLast = figuresOf(floor.map(({ last }) => last));
      toLast[count] = { ...last, floorP50Ms: floorLast.p50Ms, floorP99Ms: floorLast.p99Ms };
      first ??= {
        measured: figuresOf(measured.map((one) => one.first)),
        floor: figuresOf(floor.map((one) => one.first)),
      };
    }
    if (!first) throw new Error('nothing was measured');
    return {
      bench: 'containment',
      ...first.measured,
      floorP50Ms: first.floor.p50Ms,
      floorP99Ms: first.floor.p99Ms,
      ratioP50: round(first.measured.p50Ms / first.floor.p50Ms),
      ratioP99: round(first.measured.p99Ms / first.floor.p99Ms),
      toLast,
    };
  } finally {
    await stack.stop();
  }
}

interface Sample {
  readonly first: number;
  readonly last: number;
}

async function measure(url: string, count: number): Promise<{ measured: Sample[]; floor: Sample[] }> {
  const nats = await connect({ servers: url });
  const records = new Map<Subject, InventoryRecord>();
  const denylist = createDenylist(await openBucket(nats, 'denylist'));
  const holds = new Map<Subject, (revision: number) => void>();
  const detection = await startDetection({
    nats: await connect({ servers: url }),
    partitions: PARTITIONS,
    inventory: { lookup: (subject) => records.get(subject) },
    log: pino({ level: 'silent' }),
    locate: ({ client }) =>
      client.address.startsWith('192.0.2.')
        ? { network: '192.0.2.0/24', country: 'DE' }
        : { network: '198.51.100.0/24', country: 'BR' },
    hold: async (message, record) => {
      const write = await denylist.tighten(holdEntry(message, record, DEFAULT_POLICY, Date.now()));
      holds.get(message.detection.subject)?.(write.revision);
      return { denylistRevision: write.revision, at: write.at };
    },
  });
  const watchers = await startWatchers(url, count);
  const floorPath = await openFloor(url);
  try {
    const measured: Sample[] = [];
    const floor: Sample[] = [];
    for (let n = 0; n < LEAKS; n++) {
      const subject = publicIdSubject('bench', `${count}-${n}`);
      records.set(subject, benchRecord(subject));
      await publish(nats, subject, lessons(subject));
      const held = new Promise<number>((resolve) => holds.set(subject, resolve));
      const begin = performance.now();
      await publish(nats, subject, [attack(subject)]);
      measured.push(since(begin, await watchers.applied(await held)));
      floor.push(await floorPath.once(watchers));
    }
    return { measured, floor };
  } finally {
    await floorPath.close();
    await watchers.stop();
    await detection.stop();
    await nats.close();
  }
}

/** The bare way through the same servers: a message, a consumer that reads it, a KV put, the watchers. */
async function openFloor(url: string): Promise<{ once(watchers: Watchers): Promise<Sample>; close(): Promise<void> }> {
  const publisher = await connect({ servers: url });
  const reader = await connect({ servers: url });
  const manager = await jetstreamManager(reader);
  const name = `floor-${Date.now()}`;
  await manager.streams.add({ name, subjects: [name] });
  await manager.consumers.add(name, { durable_name: 'reader', ack_policy: AckPolicy.None });
  const kv = await openBucket(reader, 'denylist');
  const messages = await (await jetstream(reader).consumers.get(name, 'reader')).consume();
  const puts: ((revision: number) => void)[] = [];
  const reading = (async () => {
    for await (const message of messages) puts.shift()?.(await kv.put(`floor.${message.seq}`, message.data));
  })();
  const body = JSON.stringify(entryOf());
  return {
    async once(watchers) {
      const put = new Promise<number>((resolve) => puts.push(resolve));
      const begin = performance.now();
      await jetstream(publisher).publish(name, body);
      return since(begin, await watchers.applied(await put));
    },
    async close() {
      await messages.close();
      await reading;
      await manager.streams.delete(name);
      await Promise.all([publisher.close(), reader.close()]);
    },
  };
}

function since(begin: number, { first, last }: Sample): Sample {
  return { first: first - begin, last: last - begin };
}

async function publish(
  nats: Awaited<ReturnType<typeof connect>>,
  subject: Subject,
  events: readonly UsageEvent[],
): Promise<void> {
  await jetstream(nats).publish(`usage.${partitionOf(subject, PARTITIONS)}`, JSON.stringify({ events }));
}

function lessons(subject: Subject): UsageEvent[] {
  const from = Date.now() - LESSONS * LESSON_MS;
  return Array.from({ length: LESSONS }, (_, n) =>
    use(subject, `lesson-${n}`, from + n * LESSON_MS, '192.0.2.10', 'orders-api/1.0'),
  );
}

function attack(subject: Subject): UsageEvent {
  return use(subject, 'attack', Date.now(), '198.51.100.20', 'curl/8.5.0');
}

function use(subject: Subject, id: string, at: number, address: string, agent: string): UsageEvent {
  return {
    kind: 'usage',
    id: `${subject}/${id}`,
    at,
    subject,
    source: 'bench',
    principalKind: 'workload',
    client: { address, agent },
    action: { kind: 'read', name: 'GET /orders' },
    outcome: 'accepted',
  };
}

/** A denylist entry of the usual size, so that the floor carries as much as the real thing. */
function entryOf(): DenylistEntry {
  return {
    subject: publicIdSubject('bench', 'floor'),
    credentialId: 'bench-floor',
    version: 1,
    status: 'hold',
    mode: 'deny-all',
    allow: [],
    adoptBy: 1,
    incidentId: 'incident/bench-floor/1',
    reason:
      'used from BR 1 s after use in DE, at least 6,100 km away; used from a new country, BR by a new agent, "curl"',
    since: 1,
  };
}

/** The table people read. */
export function renderContainment(result: ContainmentResult): string {
  const table = new Table({
    head: ['ms', 'p50', 'p99', 'floor p50', 'floor p99', 'ratio p50'],
    style: { head: [], border: [] },
  });
  table.push([
    'to the first refusal',
    result.p50Ms,
    result.p99Ms,
    result.floorP50Ms,
    result.floorP99Ms,
    result.ratioP50,
  ]);
  for (const [count, one] of Object.entries(result.toLast)) {
    table.push([
      `to the last of ${count} watchers`,
      one.p50Ms,
      one.p99Ms,
      one.floorP50Ms,
      one.floorP99Ms,
      round(one.p50Ms / one.floorP50Ms),
    ]);
  }
  return table.toString();
}
