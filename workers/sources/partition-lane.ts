import { createHash } from 'node:crypto';
import type { JetStreamClient } from '@nats-io/jetstream';
import { untilDone } from './back-off';

/** One event on its way, as it will be written. */
export interface Waiting {
  readonly id: string;
  readonly json: string;
  readonly bytes: number;
  /** Told once: whether the stream has it. */
  readonly settle: (stored: boolean) => void;
}

/** Under NATS' 1 MiB for a message, whatever the events hold. */
const MAX_BYTES = 512 * 1024;
const PUBLISH_TIMEOUT_MS = 2_000;
/** How long an event may wait for others, and for how many. */
const FLUSH_MS = 2;
export const MAX_BATCH = 100;

/**
 * The events of one partition, in order: one message is in flight at a time, and is tried until the stream has it, so that a retry never
 * overtakes. The message id comes from the event ids, so that a retry after a lost answer is stored once.
 */
export class PartitionLane {
  #queue: Waiting[] = [];
  #timer: NodeJS.Timeout | undefined;
  #sending: Promise<void> | undefined;

  constructor(
    private readonly jetstream: JetStreamClient,
    private readonly subject: string,
    private readonly signal: AbortSignal,
  ) {}

  push(event: Waiting): void {
    this.#queue.push(event);
    if (this.#sending) return;
    if (this.#queue.length >= MAX_BATCH) this.#send();
    else this.#timer ??= setTimeout(() => this.#send(), FLUSH_MS);
  }

  /** Resolves when nothing waits any more, or when sending was aborted. */
  async drain(): Promise<void> {
    if (!this.#sending && this.#queue.length > 0) this.#send();
    await this.#sending;
  }

  /** With something in the queue. */
  #send(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#sending = this.#sendAll();
  }

  async #sendAll(): Promise<void> {
    try {
      while (this.#queue.length > 0) {
        const batch = this.#takeBatch();
        const stored = await this.#store(batch);
        for (const event of batch) event.settle(stored);
      }
    } finally {
      // In the same turn as it saw that nothing is left: whatever comes later begins anew.
      this.#sending = undefined;
    }
  }

  async #store(batch: readonly Waiting[]): Promise<boolean> {
    const payload = `{"events":[${batch.map((event) => event.json).join(',')}]}`;
    const msgID = createHash('sha256')
      .update(batch.map((event) => event.id).join('\n'))
      .digest('hex');
    try {
      await untilDone(() => this.jetstream.publish(this.subject, payload, { msgID, timeout: PUBLISH_TIMEOUT_MS }), {
        signal: this.signal,
      });
      return true;
    } catch {
      // Only an abort ends the tries.
      return false;
    }
  }

  #takeBatch(): readonly Waiting[] {
    let count = 0;
    for (let bytes = 0; count < this.#queue.length && count < MAX_BATCH; count++) {
      bytes += this.#queue[count]?.bytes ?? 0;
      if (bytes > MAX_BYTES && count > 0) break;
    }
    return this.#queue.splice(0, count);
  }
}
