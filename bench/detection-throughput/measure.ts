import { spawnSync } from 'node:child_process';
import { setTimeout as delay } from 'node:timers/promises';
import { jetstream, jetstreamManager } from '@nats-io/jetstream';
import { connect } from '@nats-io/transport-node';
import Table from 'cli-table3';
import { startLocalStack } from '../../stack/local-stack';
import { ensureStreams } from '../../workers/detection/streams';
import { percentile, round } from '../statistics';
import type { Lateness } from './lateness';
import { batchOf, BATCH, CREDENTIALS, parse } from './load';
import { startProduct } from './product';
import { forgetAll, readAll, untilAcknowledged } from './stream';

/** Of the first, 30 a credential, all are learnt from; then as many of credentials that are known. */
const EVENTS = 300_000;
const ROUNDS = 3;
const LOAD = 0.7;
const LOOK_EVERY_MS = 2;
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
    const late = measureLateness(url, Math.round(rates.eventsPerSecond * LOAD), report);
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

/** Medians of the rounds, as those of the rates are. */
function measureLateness(
  url: string,
  perSecond: number,
  report: (line: string) => void,
): Lateness & Pick<ThroughputResult, 'ratioP99'> {
  const script = require.resolve('./lateness');
  const rounds = Array.from({ length: ROUNDS }, (_, index) => {
    report(`round ${index + 1} of ${ROUNDS}: at ${LOAD} of that`);
    return JSON.parse(runScript(script, process.execArgv, [url, String(perSecond)])) as Lateness;
  });
  const median = (of: keyof Lateness): number =>
    percentile(
      rounds.map((one) => one[of]),
      0.5,
    );
  const [p99Ms, newP99Ms, floorP99Ms] = [median('p99Ms'), median('newP99Ms'), median('floorP99Ms')];
  return { p99Ms, newP99Ms, floorP99Ms, ratioP99: round(p99Ms / floorP99Ms) };
}

function measureMemory(): Pick<ThroughputResult, 'bytesPerCredential' | 'inMemory' | 'bytesInMemory'> {
  const options = ['--expose-gc', `--max-old-space-size=${MEMORY_MIB}`];
  const { bytes, inMemory } = JSON.parse(
    runScript(require.resolve('./memory'), options, [String(MANY), String(USES)]),
  ) as {
    readonly bytes: number;
    readonly inMemory: number;
  };
  return { bytesPerCredential: Math.round(bytes / MANY), inMemory, bytesInMemory: Math.round(bytes / inMemory) };
}

/** What a process of its own prints. */
function runScript(script: string, options: readonly string[], args: readonly string[]): string {
  const command = [...options, script, ...args];
  const { stdout, stderr, status } = spawnSync(process.execPath, command, { encoding: 'utf8' });
  if (status !== 0) throw new Error(`${script} could not be measured: ${stderr.slice(-500)}`);
  return stdout;
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
