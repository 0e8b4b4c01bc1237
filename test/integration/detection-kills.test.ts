import fc from 'fast-check';
import { jetstreamManager } from '@nats-io/jetstream';
import { connect, type NatsConnection } from '@nats-io/transport-node';
import { detectionMessage } from '../../domain/detection';
import { publicIdSubject } from '../../domain/subject';
import { storedMessages } from '../../workers/detection/stored-messages';
import type { Detection } from '../../workers/detection/start-detection';
import { consumerName, ensureStreams, PIN_GROUP, USAGE_STREAM } from '../../workers/detection/streams';
import { startSampleDetection } from '../support/detection-worker';
import { eventually } from '../support/eventually';
import { privateNatsServer, type PrivateNatsServer } from '../support/private-nats-server';
import { publishUsage } from '../support/publish-usage';
import { giveToOneWhoDies, many, theft } from '../support/thefts';

const MOST = 8;

/** What comes; how many of it a worker is given that dies at once, and which of these come again first; how many the next one folds before it dies. */
const anyLife = fc.record({
  thefts: fc.integer({ min: 1, max: MOST }),
  given: fc.nat(MOST),
  again: fc.subarray(Array.from({ length: MOST }, (_, index) => index + 1)),
  folds: fc.nat(MOST),
});

type Life = { readonly thefts: number; readonly given: number; readonly again: number[]; readonly folds: number };

async function livesOn(server: PrivateNatsServer, nats: NatsConnection, lives: readonly Life[]) {
  const manager = await jetstreamManager(nats);
  await ensureStreams(manager, { partitions: 1 });
  const running: Detection[] = [];
  const start = async (connection: typeof nats): Promise<Detection> => {
    const detection = await startSampleDetection(connection);
    running.push(detection);
    return detection;
  };
  // The pin of the dead would run out after seconds. One that died at once has made no consumer.
  const unpin = async (): Promise<void> => {
    const consumers = await manager.consumers.list(USAGE_STREAM).next();
    if (consumers.length > 0) await manager.consumers.unpin(USAGE_STREAM, consumerName(0), PIN_GROUP);
  };
  const toldOf = async (): Promise<string[]> => {
    const told: string[] = [];
    for await (const message of storedMessages(nats, 'DETECTIONS', 'detections.*'))
      told.push(detectionMessage.parse(message.json()).detection.subject);
    return told;
  };

  const stolen: string[] = [];
  for (const [round, { thefts, given, again, folds }] of lives.entries()) {
    const names = many(thefts).map((name) => `${name}-of-life-${round}`);
    stolen.push(...names.map((name) => publicIdSubject('sample', name)));
    await publishUsage(nats, 1, names.map(theft));
    if (given > 0) {
      await giveToOneWhoDies(server, Math.min(given, thefts), { again });
      await unpin();
    }
    const dying = await connect({ servers: server.url });
    const worker = await start(dying);
    await eventually(
      () => worker.counters.messages,
      (messages) => messages >= Math.min(folds, thefts),
    );
    await dying.close();
    await unpin();
  }
  await start(nats);
  const told = await eventually(toldOf, ({ length }) => length >= stolen.length, 20_000);
  await Promise.all(running.map((detection) => detection.stop()));
  return { told: told.sort(), stolen: stolen.sort() };
}

test('whenever workers die, and whatever is given again first, each theft is told once', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(anyLife, { minLength: 5, maxLength: 10 }), async (lives) => {
      const server = await privateNatsServer();
      const nats = await connect({ servers: server.url });
      try {
        const { told, stolen } = await livesOn(server, nats, lives);
        expect(told).toEqual(stolen);
      } finally {
        await nats.close();
        await server.stop();
      }
    }),
    { numRuns: 8, endOnFailure: true },
  );
}, 240_000);
