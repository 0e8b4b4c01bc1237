import { connect } from '@nats-io/transport-node';
import pino from 'pino';
import type { InventoryRecord } from '../../domain/credential';
import type { Subject } from '../../domain/subject';
import type { DetectionMessage } from '../../domain/detection';
import { startDetection, type Detection } from '../../workers/detection/start-detection';

/** The detection worker as it is deployed, with every detector; `onHold` is its decision to refuse. */
export async function startProduct(url: string, onHold: (message: DetectionMessage) => void): Promise<Detection> {
  return startDetection({
    nats: await connect({ servers: url }),
    partitions: 1,
    inventory: { lookup: recordOf },
    log: pino({ level: 'silent' }),
    hold: (message) => {
      onHold(message);
      return Promise.resolve(undefined);
    },
  });
}

function recordOf(subject: Subject): InventoryRecord {
  return {
    subject,
    credentialId: subject.replace('id:bench:', ''),
    version: 1,
    state: 'live',
    provider: 'bench',
    ownerTeam: 'bench',
    enforcement: 'gateway',
    protection: 'normal',
    principalKind: 'workload',
    scopes: [],
    knownContexts: [],
  };
}
