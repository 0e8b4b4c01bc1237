import { jetstreamManager } from '@nats-io/jetstream';
import { connect } from '@nats-io/transport-node';
import { USAGE_STREAM } from '../../workers/detection/streams';
import { percentile, round } from '../statistics';
import { BATCH, CREDENTIALS, parse } from './load';
import { startProduct } from './product';
import { latenessOf, publishEvenly } from './publishing';
import { emptyStream, forgetAll, readAll, untilAcknowledged } from './stream';

/** Of ten seconds a single pause of a tenth of one decides what p99 is. */
const LOADED_SECONDS = 20;
/** Before lateness counts each credential was used so often; of these uses the lateness is told apart. */
const KNOWN_AFTER = 12;

export interface Lateness {
  readonly p99Ms: number;
  readonly newP99Ms: number;
  readonly floorP99Ms: number;
}

/**
 * A process of its own, as a detection worker is: what other measurements leave behind in a heap would be collected while this one runs. Prints how late uses are judged, and parsed,
 * that are due at an even pace.
 */
async function main(): Promise<void> {
  const [url = '', perSecond = ''] = process.argv.slice(2);
  const line = `${JSON.stringify(await measureLateness(url, Number(perSecond)))}\n`;
  // Threads of the product and of the publisher would keep it waiting.
  process.stdout.write(line, () => process.exit());
}

async function measureLateness(url: string, perSecond: number): Promise<Lateness> {
  const batches = Math.ceil((LOADED_SECONDS * perSecond) / BATCH);
  const task = { url, batches, perSecond, credentials: CREDENTIALS, from: 0 };
  const floor: number[] = [];
  await emptyStream(url);
  const reading = readAll(url, batches, ({ data }) => note(floor, parse(data).events.at(-1)?.id ?? ''));
  await publishEvenly(task);
  await reading;

  const [fresh, judged] = [[] as number[], [] as number[]];
  let sample = fresh;
  await emptyStream(url);
  await forgetAll(url);
  const product = await startProduct(url, ({ detection }) => note(sample, detection.eventIds.at(-1) ?? ''));
  const before = await lastSequence(url);
  const first = (CREDENTIALS * KNOWN_AFTER) / BATCH;
  await publishEvenly({ ...task, batches: first });
  await untilAcknowledged(url, before + first);
  sample = judged;
  await publishEvenly({ ...task, from: first * BATCH });
  await untilAcknowledged(url, before + first + batches);
  await product.stop();
  const p99 = (of: readonly number[]): number => round(percentile(of, 0.99));
  return { p99Ms: p99(judged), newP99Ms: p99(fresh), floorP99Ms: p99(floor) };
}

function note(sample: number[], id: string): void {
  const lateness = latenessOf(id);
  if (lateness !== undefined) sample.push(lateness);
}

async function lastSequence(url: string): Promise<number> {
  const nats = await connect({ servers: url });
  const { state } = await (await jetstreamManager(nats)).streams.info(USAGE_STREAM);
  await nats.close();
  return state.last_seq;
}

void main();
