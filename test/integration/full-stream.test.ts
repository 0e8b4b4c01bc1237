import { jetstreamManager } from '@nats-io/jetstream';
import { connect } from '@nats-io/transport-node';
import { pino } from 'pino';
import { publicIdSubject } from '../../domain/subject';
import { NOWHERE } from '../../detectors/located-event';
import { sampleUse } from '../../detectors/sample-life';
import { startDetection } from '../../workers/detection/start-detection';
import { ensureStreams } from '../../workers/detection/streams';
import { eventually } from '../support/eventually';
import { liveRecord } from '../support/live-record';
import { publishUsage } from '../support/publish-usage';
import { privateNatsServer } from '../support/private-nats-server';

const MIB = 1024 * 1024;

test('while the stream of detections is full, uses are refused all the same, and no detection is lost', async () => {
  const server = await privateNatsServer();
  const nats = await connect({ servers: server.url });
  try {
    const manager = await jetstreamManager(nats);
    await ensureStreams(manager, { partitions: 1 });
    await manager.streams.update('DETECTIONS', { max_bytes: 1 });
    const held: string[] = [];
    const detection = await startDetection({
      nats,
      partitions: 1,
      hold: ({ detection: { subject } }) => {
        held.push(subject);
        return Promise.resolve({ denylistRevision: held.length, at: Date.now() });
      },
      inventory: { lookup: liveRecord },
      log: pino({ level: 'silent' }),
      locate: () => NOWHERE,
    });
    const storedNow = async () => (await manager.streams.info('DETECTIONS')).state.messages;
    const subject = publicIdSubject('sample', 'honeytoken');
    await publishUsage(nats, 1, [
      [
        { kind: 'control', id: 'listed', at: Date.now(), subject, listed: 'honeytoken' },
        { ...sampleUse({ afterMs: 0, subject }), at: Date.now() },
      ],
    ]);

    await eventually(
      () => held,
      ({ length }) => length > 0,
    );
    expect([held, await storedNow()]).toEqual([[subject], 0]);

    await manager.streams.update('DETECTIONS', { max_bytes: MIB });
    expect(await eventually(storedNow, (count) => count > 0)).toBe(1);
    await detection.stop();
  } finally {
    await nats.close();
    await server.stop();
  }
});
