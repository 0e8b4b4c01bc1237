import { setTimeout as delay } from 'node:timers/promises';
import { jetstreamManager, type JetStreamManager } from '@nats-io/jetstream';
import { connect, type NatsConnection } from '@nats-io/transport-node';
import { pino } from 'pino';
import { publicIdSubject } from '../../domain/subject';
import type { PartitionEvent, StreamEvent } from '../../domain/usage-event';
import { NOWHERE } from '../../detectors/located-event';
import { sampleUse } from '../../detectors/sample-life';
import { startDetection } from '../../workers/detection/start-detection';
import { ensureStreams } from '../../workers/detection/streams';
import { eventually } from '../support/eventually';
import { liveRecord } from '../support/live-record';
import { publishUsage } from '../support/publish-usage';
import { privateNatsServer, type PrivateNatsServer } from '../support/private-nats-server';

const HONEYTOKENS = 25;
const EACH_MS = 100;

let server: PrivateNatsServer;
let nats: NatsConnection;
let manager: JetStreamManager;

beforeAll(async () => {
  server = await privateNatsServer();
  nats = await connect({ servers: server.url });
  manager = await jetstreamManager(nats);
  await ensureStreams(manager, { partitions: 1 });
});

afterAll(async () => {
  await nats.close();
  await server.stop();
});

/** Takes long to decide on: the hold does. */
function useOfHoneytoken(index: number): readonly StreamEvent[] {
  const subject = publicIdSubject('sample', `honeytoken-${index}`);
  const at = Date.now();
  const use = { ...sampleUse({ afterMs: 0, subject }), at, id: `use-${index}` };
  return [{ kind: 'control', id: `control-${index}`, at: at - 1, subject, listed: 'honeytoken' }, use];
}

async function pacesTold(): Promise<readonly string[]> {
  const told: string[] = [];
  const { state } = await manager.streams.info('USAGE');
  for (let seq = 1; seq <= state.last_seq; seq++) {
    const stored = await manager.streams.getMessage('USAGE', { seq });
    for (const event of stored?.json<{ readonly events: readonly PartitionEvent[] }>().events ?? [])
      if (event.kind === 'pace') told.push(event.sheds);
  }
  return told;
}

test('a worker that falls behind has its partition shed learning, decides on everything, and learns again when it has caught up', async () => {
  let held = 0;
  const detection = await startDetection({
    nats,
    partitions: 1,
    behindMs: 300,
    hold: async () => {
      held += 1;
      await delay(EACH_MS);
      return undefined;
    },
    inventory: { lookup: liveRecord },
    log: pino({ level: 'silent' }),
    locate: () => NOWHERE,
  });

  await publishUsage(
    nats,
    1,
    Array.from({ length: HONEYTOKENS }, (_, index) => useOfHoneytoken(index)),
  );
  await eventually(pacesTold, (told) => told.includes('learning'));
  await eventually(
    () => held,
    (count) => count === HONEYTOKENS,
  );
  let next = 0;
  await eventually(
    async () => {
      await publishUsage(nats, 1, [[{ ...sampleUse({ afterMs: 0 }), at: Date.now(), id: `ordinary-${next++}` }]]);
      return pacesTold();
    },
    (told) => told.includes('nothing'),
  );
  await detection.stop();

  expect(await pacesTold()).toEqual(['learning', 'nothing']);
  expect(detection.counters.sheddings).toBe(1);
  expect(held).toBe(HONEYTOKENS);
});
