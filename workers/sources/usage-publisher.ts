import { setTimeout as delay } from 'node:timers/promises';
import { jetstream } from '@nats-io/jetstream';
import type { NatsConnection } from '@nats-io/transport-node';
import { principalOf } from '../../domain/principal-of';
import { partitionOf } from '../../domain/subject';
import type { StreamEvent } from '../../domain/usage-event';
import { PartitionLane } from './partition-lane';

export interface UsagePublisherOptions {
  readonly partitions: number;
  /** Published events given up since the last call: the buffer was full, or the publisher was stopped. At most once a second. Whoever stores any is told by the rejection. */
  readonly onLost?: (count: number) => void;
  /** Events kept while NATS is away; the oldest stay, since an attack begins with them. */
  readonly maxBuffered?: number;
}

export interface UsagePublisher {
  /** Never waits and never throws: for those on the way of a request. */
  publish(events: readonly StreamEvent[]): void;
  /** Resolves when the stream has all of them. @throws when some were given up: the caller can send all again, ids tell. */
  store(events: readonly StreamEvent[]): Promise<void>;
  /** Sends what waits, for up to two seconds. */
  stop(): Promise<void>;
  readonly counters: Readonly<{ published: number; lost: number; buffered: number }>;
}

const STOP_GRACE_MS = 2_000;
const REPORT_LOST_MS = 1_000;

/** Publishes usage events to `usage.<partition>` in batches, in order within a partition. */
export function createUsagePublisher(nats: NatsConnection, options: UsagePublisherOptions): UsagePublisher {
  const { partitions, maxBuffered = 50_000 } = options;
  const abort = new AbortController();
  const client = jetstream(nats);
  const lanes = Array.from(
    { length: partitions },
    (_, partition) => new PartitionLane(client, `usage.${partition}`, abort.signal),
  );
  const counters = { published: 0, lost: 0, buffered: 0 };
  let unreported = 0;
  let report: NodeJS.Timeout | undefined;

  function reportLost(): void {
    clearTimeout(report);
    report = undefined;
    if (unreported > 0) options.onLost?.(unreported);
    unreported = 0;
  }

  function lose(): void {
    counters.lost += 1;
    unreported += 1;
    report ??= setTimeout(reportLost, REPORT_LOST_MS);
  }

  function send(event: StreamEvent, told: (stored: boolean) => void): void {
    const lane = lanes[partitionOf(principalOf(event), partitions)];
    if (!lane || abort.signal.aborted || counters.buffered >= maxBuffered) return told(false);
    const json = JSON.stringify(event);
    counters.buffered += 1;
    const settle = (stored: boolean) => {
      counters.buffered -= 1;
      if (stored) counters.published += 1;
      told(stored);
    };
    lane.push({ id: event.id, json, bytes: Buffer.byteLength(json), settle });
  }

  return {
    counters,
    publish: (events) => events.forEach((event) => send(event, (stored) => (stored ? undefined : lose()))),
    async store(events) {
      const answers = events.map((event) => new Promise<boolean>((resolve) => send(event, resolve)));
      const lost = (await Promise.all(answers)).filter((stored) => !stored).length;
      if (lost > 0) throw new Error(`${lost} of ${events.length} usage events were not stored`);
    },
    async stop() {
      const drained = Promise.all(lanes.map((lane) => lane.drain()));
      const grace = new AbortController();
      await Promise.race([drained, delay(STOP_GRACE_MS, undefined, { signal: grace.signal }).catch(() => undefined)]);
      grace.abort();
      abort.abort();
      await drained;
      reportLost();
    },
  };
}
