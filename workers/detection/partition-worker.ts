import { setImmediate as afterOthers, setTimeout as delay } from 'node:timers/promises';
import {
  jetstream,
  type ConsumerInfo,
  type ConsumerMessages,
  type JetStreamManager,
  type JsMsg,
} from '@nats-io/jetstream';
import { Queue } from '../../domain/queue';
import { OwnershipLost, PartitionFolder, type FolderParts } from './partition-folder';
import { PaceKeeper } from './pace-keeper';
import { RiskKeeper } from './risk-keeper';
import { storedBetween } from './stored-messages';
import { tellPartition } from './tell-partition';
import { consumerName, ensureConsumer, PIN_GROUP, USAGE_STREAM } from './streams';
import { nameOf } from '../../domain/name-of';

/**
 * A snapshot at most this often, or a chunk of it after this many messages. Chunks stop the fold for a twentieth of the time at most, as long as there
 * is anything else to do.
 */
const SNAPSHOT_EVERY_MS = 500;
const SNAPSHOT_EVERY_MESSAGES = 1_000;
const SNAPSHOT_SHARE = 20;

/**
 * Until all chunks are as far, so often a message is kept to acknowledge it and all before it: each holds its content, which V8 collects only together with everything else once it
 * has been kept for half a second.
 */
const KEEP_TO_ACKNOWLEDGE_MS = 500;

/** The pin is ours for as long as we pull; see `ensureConsumer`. */
const PULL_MS = 1_000;
const MAX_MESSAGES = 256;
const RETRY_MS = 500;

/** What the server says beside what the library's type names. */
interface PinInfo {
  readonly priority_groups?: readonly { readonly group: string; readonly pinned_client_id?: string }[];
}

/** Folds one partition for as long as it is ours, and stands by while it is another worker's. */
export class PartitionWorker {
  readonly #folder: PartitionFolder;
  readonly #pace: PaceKeeper;
  readonly #risk: RiskKeeper;
  /** For whoever reads messages: all of a gap are folded before the message behind it. */
  readonly #reads = new Queue();
  /** For each message, and for taking what a chunk is to hold: nothing is folded meanwhile. */
  readonly #folds = new Queue();
  /** For chunks: each is written over the one before. */
  readonly #saves = new Queue();
  #messages: ConsumerMessages | undefined;
  /** The consumer's own count of what it gave out: one that is missing went to somebody else, or got lost. */
  #lastDelivery: number | undefined;
  #lastMessage: JsMsg | undefined;
  /** Some of the last messages as of the chunks that were written: each may be acknowledged when all chunks are as far. */
  #unacknowledged: JsMsg[] = [];
  #keptAt = 0;
  #pinned = false;
  #sinceSnapshot = 0;
  #isSaving = false;

  constructor(
    private readonly parts: FolderParts,
    private readonly manager: JetStreamManager,
  ) {
    this.#folder = new PartitionFolder(parts);
    this.#pace = new PaceKeeper(parts);
    const { partition, risk, nats, log } = parts;
    this.#risk = new RiskKeeper({ partition, risk, tell: (event) => tellPartition({ nats, partition, log }, event) });
  }

  /** Runs until the signal is aborted; whatever fails is begun again from the snapshot. */
  async run(): Promise<void> {
    const { signal, log, partition, counters } = this.parts;
    while (!signal.aborted) {
      try {
        await this.#consume();
      } catch (error) {
        if (signal.aborted) break;
        if (error instanceof OwnershipLost) counters.ownershipLost += 1;
        const name = nameOf(error);
        log.warn({ partition, error: name }, 'the partition is begun again from its snapshot');
        await delay(RETRY_MS, undefined, { signal }).catch(() => undefined);
      }
    }
    this.#folder.giveUp();
  }

  /** After the signal was aborted: ends the reading, so that `run` returns. */
  async stop(): Promise<void> {
    await this.#messages?.close();
  }

  async #consume(): Promise<void> {
    const { nats, partition, signal } = this.parts;
    this.#lastDelivery = undefined;
    this.#lastMessage = undefined;
    this.#unacknowledged = [];
    this.#pinned = false;
    await this.#folder.load();
    await ensureConsumer(this.manager, partition);
    const consumer = await jetstream(nats).consumers.get(USAGE_STREAM, consumerName(partition));
    const messages = await consumer.consume({
      max_messages: MAX_MESSAGES,
      expires: PULL_MS,
      group: PIN_GROUP,
      abort_on_missing_resource: true,
    });
    this.#messages = messages;
    let failure: unknown;
    const beside = new AbortController();
    const fail = (error: unknown): void => {
      // Of the stop itself: what was folded until then is saved.
      if (error !== signal.reason) failure ??= error;
      messages.stop();
    };
    let saved: Promise<unknown> = Promise.resolve();
    const saving = this.#saveRegularly(beside.signal).catch(fail);
    const standingBy = this.#standBy(beside.signal).catch(fail);
    void this.#watchPin(messages);
    try {
      // One that is closed and was never read does not end.
      if (signal.aborted) messages.stop();
      for await (const message of messages) {
        await this.#reads.run(() => this.#take(message));
        if (signal.aborted) break;
        // Not waited for: detections may have to be stored before.
        if (++this.#sinceSnapshot >= SNAPSHOT_EVERY_MESSAGES && !this.#isSaving) saved = this.#save().catch(fail);
      }
    } catch (error) {
      fail(error);
    } finally {
      beside.abort();
      await Promise.all([saving, standingBy, saved]);
      await messages.close();
      this.parts.counters.partitions.delete(partition);
    }
    if (failure) throw failure as Error;
    if (signal.aborted) await this.#leave();
  }

  async #take(message: JsMsg): Promise<void> {
    const { counters, partition } = this.parts;
    const storedAt = message.time.getTime();
    counters.partitions.set(partition, { inWorkSince: storedAt, isShedding: this.#folder.isShedding });
    const expected = this.#lastDelivery === undefined ? undefined : this.#lastDelivery + 1;
    this.#lastDelivery = message.info.deliverySequence;
    if (message.info.deliverySequence !== expected) await this.#catchUp(await this.#endOfGiven(message));
    this.#lastMessage = message;
    if (message.seq <= this.#folder.folded) {
      counters.repeated += 1;
      if (message.seq <= this.#folder.saved) message.ack();
      // How long ago it was stored says nothing: it was folded in its time.
      counters.partitions.set(partition, { lateMs: 0, foldedAt: Date.now(), isShedding: this.#folder.isShedding });
      return;
    }
    const { subject, seq, data } = message;
    await this.#folds.run(() => this.#folder.fold({ subject, seq, data, storedAt }));
    const now = Date.now();
    const [lateMs, { isShedding }] = [Math.max(0, now - storedAt), this.#folder];
    counters.partitions.set(partition, { lateMs, foldedAt: now, isShedding });
    this.#pace.look(now, lateMs, isShedding);
    this.#risk.look(now, this.#folder.risk);
  }

  /**
   * Before which all was given out, to us or to somebody else. One that is given out for the first time follows all that were; one that is given out again, as the
   * first after another worker died often is, says nothing of those behind it, and the next new one comes right after it.
   */
  async #endOfGiven(message: JsMsg): Promise<number> {
    if (!message.redelivered) return message.seq;
    const { delivered } = await this.manager.consumers.info(USAGE_STREAM, consumerName(this.parts.partition));
    return Math.max(message.seq, delivered.stream_seq + 1);
  }

  /**
   * Folds what lies between our state and `end` and was not given to us. The consumer gives out what was not acknowledged only after a time-out, behind newer messages; a
   * fold needs it in its place.
   */
  async #catchUp(end: number): Promise<void> {
    const { partition, counters, signal } = this.parts;
    await this.#folds.run(() => this.#folder.refresh());
    const missing = { stream: USAGE_STREAM, subjects: `usage.${partition}`, first: this.#folder.folded + 1, end };
    for await (const { subject, seq, data, time } of storedBetween(this.manager, missing)) {
      // There may be tens of thousands.
      signal.throwIfAborted();
      await this.#folds.run(() => this.#folder.fold({ subject, seq, data, storedAt: time.getTime() }));
      counters.caughtUp += 1;
    }
  }

  /** Messages are folded while what it holds is being told, and while it is written; `stoppedMs` is how long they were not. */
  #save(): Promise<{ readonly hasWritten: boolean; readonly stoppedMs: number }> {
    return this.#saves.run(async () => {
      this.#isSaving = true;
      try {
        const { last, written, stoppedMs } = await this.#folds.run(() => {
          const begin = performance.now();
          const written = this.#folder.save();
          return Promise.resolve({ last: this.#lastMessage, written, stoppedMs: performance.now() - begin });
        });
        this.#sinceSnapshot = 0;
        const hasWritten = await written;
        this.#acknowledge(last, hasWritten);
        return { hasWritten, stoppedMs };
      } finally {
        this.#isSaving = false;
      }
    });
  }

  #acknowledge(last: JsMsg | undefined, hasWritten: boolean): void {
    // While nothing can be written none is kept: there may be no end of them.
    const isHeld = last && (hasWritten || last.seq <= this.#folder.saved);
    if (isHeld && last !== this.#unacknowledged.at(-1) && this.#isToBeKept(last)) this.#unacknowledged.push(last);
    // Only now: what is acknowledged never comes again, so it must be in a snapshot. Acknowledges all before it, too.
    const next = this.#unacknowledged.findIndex(({ seq }) => seq > this.#folder.saved);
    const done = this.#unacknowledged.splice(0, next === -1 ? Infinity : next);
    done.at(-1)?.ack();
  }

  /** What may be acknowledged at once always is; so the last of all is, too. */
  #isToBeKept({ seq }: JsMsg): boolean {
    const now = performance.now();
    if (seq > this.#folder.saved && now - this.#keptAt < KEEP_TO_ACKNOWLEDGE_MS) return false;
    this.#keptAt = now;
    return true;
  }

  async #saveRegularly(signal: AbortSignal): Promise<void> {
    for (let pause = SNAPSHOT_EVERY_MS; ;) {
      if (!(await isOver(pause, signal))) return;
      const last = this.#lastMessage;
      const { hasWritten, stoppedMs } = await this.#save();
      const share = stoppedMs * SNAPSHOT_SHARE;
      const isWhole = this.#folder.saved === this.#folder.folded;
      pause = isWhole || !hasWritten ? Math.max(SNAPSHOT_EVERY_MS, share) : share;
      // Nothing came while a chunk was written: the next one is written at once.
      if (!isWhole && hasWritten && last === this.#lastMessage) pause = 0;
    }
  }

  async #watchPin(messages: ConsumerMessages): Promise<void> {
    for await (const status of messages.status()) {
      if (status.type === 'consumer_pinned') {
        this.#pinned = true;
      }
      if (status.type === 'consumer_unpinned') {
        this.#pinned = false;
        this.parts.counters.partitions.delete(this.parts.partition);
      }
    }
  }

  /**
   * While the partition is another's: folds what that one was given and has not acknowledged, once nobody is pinned any more. The consumer gives it out again only after half
   * a minute, or behind the next message, with which the pin comes as well. Two who fold the same do no harm.
   */
  async #standBy(signal: AbortSignal): Promise<void> {
    const name = consumerName(this.parts.partition);
    while (await isOver(PULL_MS, signal)) {
      if (this.#pinned) continue;
      // NATS may be away: whoever reads notices it, and this is asked again.
      const info = await this.manager.consumers.info(USAGE_STREAM, name).catch(() => undefined);
      if (!info || this.#pinned) continue;
      const { delivered, num_ack_pending: left, priority_groups: groups = [] } = info as ConsumerInfo & PinInfo;
      const isOpen = groups.some(({ group, pinned_client_id: pinned = '' }) => group === PIN_GROUP && pinned === '');
      if (isOpen && left > 0 && delivered.stream_seq > this.#folder.folded)
        await this.#reads.run(() => this.#catchUp(delivered.stream_seq + 1));
    }
  }

  /** A clean end: nothing is left to repeat, and the next worker need not wait for the pin to run out. */
  async #leave(): Promise<void> {
    while ((await this.#save()).hasWritten);
    await this.parts.nats.flush();
    if (this.#pinned) await this.manager.consumers.unpin(USAGE_STREAM, consumerName(this.parts.partition), PIN_GROUP);
  }
}

/** Waits; false when the signal was aborted meanwhile. */
async function isOver(pauseMs: number, signal: AbortSignal): Promise<boolean> {
  try {
    // A timer of 0 takes a millisecond.
    await (pauseMs === 0 ? afterOthers(undefined, { signal }) : delay(pauseMs, undefined, { signal }));
    return true;
  } catch {
    return false;
  }
}
