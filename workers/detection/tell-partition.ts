import { jetstream } from '@nats-io/jetstream';
import type { NatsConnection } from '@nats-io/transport-node';
import type { Logger } from 'pino';
import type { RiskEvent } from '../../domain/risk-event';
import type { PaceEvent } from '../../domain/usage-event';
import { nameOf } from '../../domain/name-of';

interface Partition {
  readonly nats: NatsConnection;
  readonly partition: number;
  readonly log: Logger;
}

/** Puts into a partition's own stream what concerns all of it. Nobody waits for it, since what is decided must not: who asks does so again while it has no effect. */
export function tellPartition({ nats, partition, log }: Partition, event: PaceEvent | RiskEvent): void {
  jetstream(nats)
    .publish(`usage.${partition}`, JSON.stringify({ events: [event] }), { msgID: event.id })
    .catch((error: unknown) =>
      log.warn({ partition, event: event.kind, error: nameOf(error) }, 'a partition could not be told'),
    );
}
