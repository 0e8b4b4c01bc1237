import type { StreamEvent } from '../../domain/usage-event';
import type { UsagePublisher } from '../sources/usage-publisher';

/** As many as the publisher itself keeps while NATS is away; the oldest stay, since an attack begins with them. */
const MAX_WAITING = 50_000;

/** Takes usage events from the first request on, also before there ever was a connection to publish them by. */
export interface LateUsage {
  emit(event: StreamEvent): void;
  /** Hands over what waits, and whatever comes from now on. */
  publishBy(publisher: UsagePublisher): void;
  /** @returns how many events were lost because nobody could publish them */
  stop(): Promise<number>;
}

export function createLateUsage(): LateUsage {
  const waiting: StreamEvent[] = [];
  let lost = 0;
  let publisher: UsagePublisher | undefined;
  return {
    emit(event) {
      if (publisher) publisher.publish([event]);
      else if (waiting.length < MAX_WAITING) waiting.push(event);
      else lost += 1;
    },
    publishBy(one) {
      publisher = one;
      one.publish(waiting.splice(0));
    },
    async stop() {
      await publisher?.stop();
      return lost + waiting.length;
    },
  };
}
