import { spawnSync } from 'node:child_process';
import { setTimeout as delay } from 'node:timers/promises';
import { jetstream, jetstreamManager } from '@nats-io/jetstream';
import { Kvm } from '@nats-io/kv';
import { connect } from '@nats-io/transport-node';
import Table from 'cli-table3';
import { startLocalStack } from '../../stack/local-stack';
import { SNAPSHOT_BUCKET } from '../../workers/detection/snapshot-store';
import { ensureStreams, USAGE_STREAM } from '../../workers/detection/streams';
import { percentile, round } from '../statistics';
import { batchOf, BATCH } from './load';
import { startProduct } from './product';
import { latenessOf, publishEvenly } from './publishing';
import { readAll, untilAcknowledged } from './stream';

const CREDENTIALS = 10_000;
/** Of the first, 30 a credential, all are learnt from; then as many of credentials that are known. */
const EVENTS = 300_000;
const ROUNDS = 3;
const LOAD = 0.7;
const LOOK_EVERY_MS = 2;
const LOADED_SECONDS = 10;
/** Before lateness counts each credential was used so often; of these uses the lateness is told apart. */
const KNOWN_AFTER = 12;
/** Of the credentials whose memory is measured, and how often each is used: past what detectors learn from. */
const MANY = 1_000_000;
const USES = 12;
const MEMORY_MIB = 4_000;

/** Rates are events per second of one process on one core; the server has another. */
export interface ThroughputResult {
  readonly bench: 'detection-throughput';
  /** Of credentials that are known: read from JetStream, through every detector, their snapshot written, acknowledged. */
  readonly eventsPerSecond: number;
  /** The same of the first 30 uses of each, all new at once, until they are judged. */
  readonly newEventsPerSecond: number;
  readonly floorConsume: number;
  readonly floorConsumeParse: number;
  /** To `floorConsumeParse`. */
  readonly ratio: number;
  /** From when a use was due to the decision to refuse, at 0.7 of `eventsPerSecond`. */
  readonly p99Ms: number;
  /** The same while all credentials come new at once. */
  readonly newP99Ms: number;
  /** The same way until it is parsed, at the same pace. */
  readonly floorP99Ms: number;
  readonly ratioP99: number;
  readonly credentials: number;
  /** Of all of them; and of those that are in memory, the rest being in NATS. */
  readonly bytesPerCredential: number;
  readonly inMemory: number;
  readonly bytesInMemory: number;
}

export async function benchDetectionThroughput(report: (line: string) => void): Promise<ThroughputResult> {
  const stack = await startLocalStack({ servers: ['nats'], report });
  const url = stack.nats?.url ?? '';
  try {
    const rates = await measureRates(url, report);
    report(`${LOADED_SECONDS} s at ${LOAD} of that`);
    const late = await measureLateness(url, Math.round(rates.eventsPerSecond * LOAD));
    report(`the memory of ${MANY} credentials`);
    return { bench: 'detection-throughput', ...rates, ...late, credentials: MANY, ...measureMemory() };
  } finally {
    await stack.stop();
  }
}

async function measureRates(
  url: string,
  report: (line: string) => void,
): Promise<
  Pick<ThroughputResult, 'eventsPerSecond' | 'newEventsPerSecond' | 'floorConsume' | 'floorConsumeParse' | 'ratio'>
> {
  const messages = EVENTS / BATCH;
  await fill(url, 2 * messages);
  const rates = { consume: [] as number[], parse: [] as number[], known: [] as number[], fresh: [] as number[] };
  for (let n = 1; n <= ROUNDS; n++) {
    report(`round ${n} of ${ROUNDS}: ${EVENTS} events, read, parsed, judged`);
    rates.consume.push(perSecond(await readAll(url, messages, () => undefined)));
    rates.parse.push(perSecond(await readAll(url, messages, ({ data }) => void parse(data))));
    const { fresh, known } = await judgeAll(url, messages);
    rates.fresh.push(perSecond(fresh));
    rates.known.push(perSecond(known));
  }
  const median = (sample: readonly number[]): number => Math.round(percentile(sample, 0.5));
  const [eventsPerSecond, floorConsumeParse] = [median(rates.known), median(rates.parse)];
  return {
    eventsPerSecond,
    newEventsPerSecond: median(rates.fresh),
    floorConsume: median(rates.consume),
    floorConsumeParse,
    ratio: round(eventsPerSecond / floorConsumeParse),
  };
}

async function fill(url: string, messages: number): Promise<void> {
  const nats = await connect({ servers: url });
  await ensureStreams(await jetstreamManager(nats), { partitions: 1 });
  const stream = jetstream(nats);
  for (let n = 0; n < messages; n++)
    await stream.publish('usage.0', JSON.stringify({ events: batchOf(n * BATCH, BATCH, CREDENTIALS) }));
  await nats.close();
}

/** How long the first `messages` take until they are judged, and as many more until they are acknowledged; milliseconds. */
async function judgeAll(url: string, messages: number): Promise<{ readonly fresh: number; readonly known: number }> {
  await forgetAll(url);
  const begin = performance.now();
  const product = await startProduct(url, () => undefined);
  while (product.counters.messages < messages) await delay(LOOK_EVERY_MS);
  const half = performance.now();
  await untilAcknowledged(url, 2 * messages);
  const known = performance.now() - half;
  await product.stop();
  return { fresh: half - begin, known };
}

/** The next worker begins with the stream's first message. */
async function forgetAll(url: string): Promise<void> {
  const nats = await connect({ servers: url });
  const manager = await jetstreamManager(nats);
  for await (const { name } of manager.consumers.list(USAGE_STREAM)) await manager.consumers.delete(USAGE_STREAM, name);
  await (await new Kvm(nats).create(SNAPSHOT_BUCKET)).destroy();
  await nats.close();
}

async function empty(url: string): Promise<void> {
  const nats = await connect({ servers: url });
  await (await jetstreamManager(nats)).streams.purge(USAGE_STREAM);
  await nats.close();
}

async function measureLateness(
  url: string,
  perSecond: number,
): Promise<Pick<ThroughputResult, 'p99Ms' | 'newP99Ms' | 'floorP99Ms' | 'ratioP99'>> {
  const batches = Math.ceil((LOADED_SECONDS * perSecond) / BATCH);
  const task = { url, batches, perSecond, credentials: CREDENTIALS, from: 0 };
  const floor: number[] = [];
  await empty(url);
  const reading = readAll(url, batches, ({ data }) => note(floor, parse(data).events.at(-1)?.id ?? ''));
  await publishEvenly(task);
  await reading;

  const [fresh, judged] = [[] as number[], [] as number[]];
  let sample = fresh;
  await empty(url);
  await forgetAll(url);
  const product = await startProduct(url, ({ detection }) => note(sample, detection.eventIds.at(-1) ?? ''));
  const before = 2 * (EVENTS / BATCH) + batches;
  const first = (CREDENTIALS * KNOWN_AFTER) / BATCH;
  await publishEvenly({ ...task, batches: first });
  await untilAcknowledged(url, before + first);
  sample = judged;
  await publishEvenly({ ...task, from: first * BATCH });
  await untilAcknowledged(url, before + first + batches);
  await product.stop();
  const [p99Ms, newP99Ms, floorP99Ms] = [judged, fresh, floor].map((of) => round(percentile(of, 0.99))) as [
    number,
    number,
    number,
  ];
  return { p99Ms, newP99Ms, floorP99Ms, ratioP99: round(p99Ms / floorP99Ms) };
}

function note(sample: number[], id: string): void {
  const lateness = latenessOf(id);
  if (lateness !== undefined) sample.push(lateness);
}

function measureMemory(): Pick<ThroughputResult, 'bytesPerCredential' | 'inMemory' | 'bytesInMemory'> {
  const script = require.resolve('./memory');
  const options = ['--expose-gc', `--max-old-space-size=${MEMORY_MIB}`, script, String(MANY), String(USES)];
  const { stdout, status } = spawnSync(process.execPath, options, { encoding: 'utf8' });
  if (status !== 0) throw new Error('the memory could not be measured');
  const { bytes, inMemory } = JSON.parse(stdout) as { readonly bytes: number; readonly inMemory: number };
  return { bytesPerCredential: Math.round(bytes / MANY), inMemory, bytesInMemory: Math.round(bytes / inMemory) };
}

function parse(data: Uint8Array): { readonly events: readonly { readonly id: string }[] } {
  return JSON.parse(Buffer.from(data).toString('utf8')) as { events: { id: string }[] };
}

function perSecond(milliseconds: number): number {
  return (EVENTS / milliseconds) * 1_000;
}

/** The table people read. */
export function renderThroughput(result: ThroughputResult): string {
  const table = new Table({ head: ['', 'measured', 'floor', 'ratio'], style: { head: [], border: [] } });
  table.push(
    ['events/s, consumed', '', result.floorConsume, ''],
    [
      'events/s, judged, of credentials that are known; floor: parsed',
      result.eventsPerSecond,
      result.floorConsumeParse,
      result.ratio,
    ],
    ['events/s, judged, of credentials that all come new', result.newEventsPerSecond, '', ''],
    ['p99 ms to the decision, known; floor: parsed', result.p99Ms, result.floorP99Ms, result.ratioP99],
    ['p99 ms to the decision, while all come new', result.newP99Ms, '', ''],
    [`bytes per credential of ${result.credentials}`, result.bytesPerCredential, '', ''],
    [`bytes per credential of the ${result.inMemory} in memory`, result.bytesInMemory, '', ''],
  );
  return table.toString();
}
