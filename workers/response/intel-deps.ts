import { jetstream } from '@nats-io/jetstream';
import type { NatsConnection } from '@nats-io/transport-node';
import type { ConfiguredList, IntelDeps } from '../../activities/intel';
import type { IntelEvent } from '../../domain/intel';
import { openBucket } from '../../enforcement/buckets';
import { ListShelf } from '../../intel/list-shelf';

/** What refreshing threat lists touches: the bucket `intel`, and every partition of the usage stream. */
export async function createIntelDeps(
  nats: NatsConnection,
  lists: readonly ConfiguredList[],
  partitions: number,
): Promise<IntelDeps> {
  return {
    lists,
    shelf: new ListShelf(await openBucket(nats, 'intel')),
    now: Date.now,
    async announce(event: IntelEvent) {
      const message = JSON.stringify({ events: [event] });
      for (let partition = 0; partition < partitions; partition++)
        await jetstream(nats).publish(`usage.${partition}`, message, { msgID: `${event.id}/${partition}` });
    },
  };
}
