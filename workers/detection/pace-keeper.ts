import type { NatsConnection } from '@nats-io/transport-node';
import type { Logger } from 'pino';
import type { PaceEvent } from '../../domain/usage-event';
import type { DetectionCounters } from './counters';
import { tellPartition } from './tell-partition';

/** Behind by this much, and further than a while before: it can't keep up. */
export const BEHIND_MS = 5_000;
/** Learning begins again well below, or it would come and go. */
const CAUGHT_UP_SHARE = 0.2;
/** How often it is looked at; what was asked for lies at the end of the stream, so it takes effect as late as we are. */
const LOOK_EVERY_MS = 1_000;
const ASK_AGAIN_MS = 30_000;

interface PaceParts {
  readonly nats: NatsConnection;
  readonly partition: number;
  readonly counters: DetectionCounters;
  readonly log: Logger;
  /** See `BEHIND_MS`. */
  readonly behindMs: number;
}

/** Tells a partition, in its own stream, to shed learning while its worker falls behind, and to learn again when it has caught up. */
export class PaceKeeper {
  #lookedAt = 0;
  #lateBefore = Infinity;
  #asked: { readonly sheds: PaceEvent['sheds']; readonly at: number } | undefined;

  constructor(private readonly parts: PaceParts) {}

  /** After a message that the stream stored `lateMs` ago was folded; `isShedding`: whether the partition sheds after it. */
  look(now: number, lateMs: number, isShedding: boolean): void {
    if (now - this.#lookedAt < LOOK_EVERY_MS) return;
    const { behindMs } = this.parts;
    const fallsBehind = lateMs > behindMs && lateMs > this.#lateBefore;
    this.#lookedAt = now;
    this.#lateBefore = lateMs;
    if (!isShedding && fallsBehind) this.#ask('learning', now, lateMs);
    if (isShedding && lateMs < behindMs * CAUGHT_UP_SHARE) this.#ask('nothing', now, lateMs);
  }

  #ask(sheds: PaceEvent['sheds'], now: number, lateMs: number): void {
    const asked = this.#asked;
    if (asked?.sheds === sheds && now - asked.at < ASK_AGAIN_MS) return;
    this.#asked = { sheds, at: now };
    const { nats, partition, counters, log } = this.parts;
    const event: PaceEvent = { kind: 'pace', id: `pace-${partition}-${now}`, at: now, sheds };
    if (sheds === 'learning') counters.sheddings += 1;
    log.warn({ partition, lateMs, sheds }, sheds === 'learning' ? 'falls behind' : 'has caught up');
    tellPartition({ nats, partition, log }, event);
  }
}
