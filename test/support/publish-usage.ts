import type { NatsConnection } from '@nats-io/transport-node';
import type { StreamEvent } from '../../domain/usage-event';
import { createUsagePublisher } from '../../workers/sources/usage-publisher';

/** Publishes batches one after the other, as a source does; resolves when all are stored. */
export async function publishUsage(
  nats: NatsConnection,
  partitions: number,
  batches: readonly (readonly StreamEvent[])[],
): Promise<void> {
  const publisher = createUsagePublisher(nats, { partitions });
  for (const events of batches) await publisher.store(events);
  await publisher.stop();
}
