import { jetstreamManager, type JetStreamManager } from '@nats-io/jetstream';
import { connect, type NatsConnection } from '@nats-io/transport-node';
import { pino } from 'pino';
import type { DetectionMessage } from '../../domain/detection';
import { DEFAULT_RISK, type RiskThresholds } from '../../domain/risk';
import { publicIdSubject } from '../../domain/subject';
import type { PartitionEvent, UsageEvent } from '../../domain/usage-event';
import { NOWHERE } from '../../detectors/located-event';
import { SAMPLE_PLACES, SAMPLE_START, sampleUse, steadyLife } from '../../detectors/sample-life';
import { startDetection, type Detection } from '../../workers/detection/start-detection';
import { DETECTIONS_STREAM, ensureStreams, USAGE_STREAM } from '../../workers/detection/streams';
import { eventually } from '../support/eventually';
import { liveRecord } from '../support/live-record';
import { privateNatsServer, type PrivateNatsServer } from '../support/private-nats-server';
import { publishUsage } from '../support/publish-usage';

const SURER = { ...DEFAULT_RISK, confident: 0.95, harmful: 0.99 };

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

function start(risk: RiskThresholds): Promise<Detection> {
  return startDetection({
    nats,
    partitions: 1,
    risk,
    hold: () => Promise.resolve(undefined),
    inventory: { lookup: liveRecord },
    log: pino({ level: 'silent' }),
    locate: ({ client }) => SAMPLE_PLACES[client.address] ?? NOWHERE,
  });
}

async function confidenceToAct(): Promise<readonly number[]> {
  const told: number[] = [];
  const { state } = await manager.streams.info(USAGE_STREAM);
  for (let seq = 1; seq <= state.last_seq; seq++) {
    const stored = await manager.streams.getMessage(USAGE_STREAM, { seq });
    for (const event of stored?.json<{ readonly events: readonly PartitionEvent[] }>().events ?? [])
      if (event.kind === 'risk') told.push(event.thresholds.confident);
  }
  return told;
}

/** A credential of its own that is used from elsewhere: 0.9 sure, by two families. */
function stolen(name: string): readonly UsageEvent[] {
  const subject = publicIdSubject('sample', name);
  const stranger = sampleUse({ subject, afterMs: 7_000, address: '198.51.100.20', mark: name });
  return [...steadyLife({ subject, count: 60, everyMs: 100, mark: name }), stranger];
}

async function gravestOf(name: string): Promise<string | undefined> {
  const { state } = await manager.streams.info(DETECTIONS_STREAM);
  let gravest: string | undefined;
  for (let seq = 1; seq <= state.last_seq; seq++) {
    const message = (await manager.streams.getMessage(DETECTIONS_STREAM, { seq }))?.json<DetectionMessage>();
    if (message?.detection.detector === 'impossible-travel' && message.detection.subject.endsWith(name))
      gravest = message.assessment.severity;
  }
  return gravest;
}

const anyUse = (name: string) => ({ ...sampleUse({ afterMs: 0, mark: name }), at: SAMPLE_START });
const severityOf = (name: string) =>
  eventually(
    () => gravestOf(name),
    (severity) => severity !== undefined,
  );

test('a worker that is begun with another policy has its partition weigh by that, and keeps what it weighed before', async () => {
  const before = await start(DEFAULT_RISK);
  await publishUsage(nats, 1, [stolen('before')]);
  expect(await severityOf('before')).toBe('high');
  await before.stop();
  expect(await confidenceToAct()).toEqual([]);

  const after = await start(SURER);
  await publishUsage(nats, 1, [[anyUse('first')]]);
  await eventually(confidenceToAct, (told) => told.length === 1);
  await publishUsage(nats, 1, [stolen('after')]);
  expect(await severityOf('after')).toBe('medium');
  await after.stop();

  const again = await start(SURER);
  await publishUsage(nats, 1, [stolen('again')]);
  expect(await severityOf('again')).toBe('medium');
  await again.stop();
  expect(await confidenceToAct()).toEqual([SURER.confident]);
});
