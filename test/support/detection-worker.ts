import type { NatsConnection } from '@nats-io/transport-node';
import { pino } from 'pino';
import { NOWHERE } from '../../detectors/located-event';
import { SAMPLE_PLACES } from '../../detectors/sample-life';
import { startDetection, type Detection, type DetectionOptions } from '../../workers/detection/start-detection';
import { liveRecord } from './live-record';

/** A detection worker of one partition, for which every credential is live, addresses lie where the samples have them, and nothing is held; a test says what is otherwise. */
export function startSampleDetection(nats: NatsConnection, more: Partial<DetectionOptions> = {}): Promise<Detection> {
  return startDetection({
    nats,
    partitions: 1,
    hold: () => Promise.resolve(undefined),
    inventory: { lookup: liveRecord },
    log: pino({ level: 'silent' }),
    locate: ({ client }) => SAMPLE_PLACES[client.address] ?? NOWHERE,
    ...more,
  });
}
