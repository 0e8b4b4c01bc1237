import { connect } from '@nats-io/transport-node';
import pino from 'pino';
import type { DetectionMessage } from '../../domain/detection';
import { startDetection, type Detection } from '../../workers/detection/start-detection';
import { benchRecord } from '../bench-record';

/** The detection worker as it is deployed, with every detector; `onHold` is its decision to refuse. */
export async function startProduct(url: string, onHold: (message: DetectionMessage) => void): Promise<Detection> {
  return startDetection({
    nats: await connect({ servers: url }),
    partitions: 1,
    inventory: { lookup: benchRecord },
    log: pino({ level: 'silent' }),
    hold: (message) => {
      onHold(message);
      return Promise.resolve(undefined);
    },
  });
}
