import { setTimeout as delay } from 'node:timers/promises';
import { parentPort, workerData } from 'node:worker_threads';
import { jetstream } from '@nats-io/jetstream';
import { connect } from '@nats-io/transport-node';
import { batchOf, BATCH, tripwire } from './load';
import { epochNow, type PublisherTask } from './publishing';

/** Messages: a decision each would be more than an attack of thousands of machines makes. */
const DECIDED_EVERY = 5;

/** A thread of its own: the one that reads has its core for itself. */
async function publishEvenly({ url, batches, perSecond, credentials, from }: PublisherTask): Promise<void> {
  const nats = await connect({ servers: url });
  const stream = jetstream(nats);
  const begin = epochNow() + 500;
  const under = [];
  for (let n = 0; n < batches; n++) {
    const due = begin + (n * BATCH * 1_000) / perSecond;
    const events = batchOf(from + n * BATCH, BATCH, credentials);
    const at = events[0]?.at ?? 0;
    const decided = n % DECIDED_EVERY === 0 ? tripwire(`${n}@${due}`, at) : [];
    const body = JSON.stringify({ events: [...events.slice(decided.length), ...decided] });
    const early = due - epochNow();
    if (early > 0) await delay(early);
    // Not awaited: what the stream takes to store it is part of the way.
    under.push(stream.publish('usage.0', body));
  }
  await Promise.all(under);
  await nats.close();
  parentPort?.postMessage('published');
}

void publishEvenly(workerData as PublisherTask);
