import type { NatsConnection } from '@nats-io/transport-node';
import { IncidentError } from '../../domain/errors';
import type { StreamEvent } from '../../domain/usage-event';
import { createUsagePublisher, type UsagePublisher } from './usage-publisher';

export interface UsageIntake {
  /** Resolves when the stream has all of them. @throws IncidentError BACKEND_UNAVAILABLE; to send all again is harmless */
  store(events: readonly StreamEvent[]): Promise<void>;
  stop(): Promise<void>;
}

/** A caller waits for the answer; the publisher goes on trying after it. */
const STORE_WITHIN_MS = 5_000;

/** A publisher for requests: it connects at the first one, so that its process starts while NATS is down. */
export function openUsageIntake(connect: () => Promise<NatsConnection>, partitions: number): UsageIntake {
  let opening: Promise<{ readonly nats: NatsConnection; readonly publisher: UsagePublisher }> | undefined;

  function open() {
    opening ??= connect()
      .then((nats) => ({ nats, publisher: createUsagePublisher(nats, { partitions }) }))
      .catch((error: unknown) => {
        // The next request tries again.
        opening = undefined;
        throw error;
      });
    return opening;
  }

  return {
    async store(events) {
      const stored = open().then(({ publisher }) => publisher.store(events));
      let timer: NodeJS.Timeout | undefined;
      const late = new Promise<never>((_resolve, reject) => {
        timer = setTimeout(() => reject(new Error(`not stored within ${STORE_WITHIN_MS} ms`)), STORE_WITHIN_MS);
      });
      // When the time is over nobody waits for this one any more, and it may still fail.
      stored.catch(() => undefined);
      try {
        await Promise.race([stored, late]);
      } catch (cause) {
        throw new IncidentError('BACKEND_UNAVAILABLE', { backend: 'nats' }, { cause });
      } finally {
        clearTimeout(timer);
      }
    },

    async stop() {
      const opened = await opening?.catch(() => undefined);
      await opened?.publisher.stop();
      // While NATS is away there is nothing to drain, and draining fails.
      await opened?.nats.drain().catch(() => opened.nats.close());
    },
  };
}
