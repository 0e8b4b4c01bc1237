import type { JetStreamManager, StoredMsg } from '@nats-io/jetstream';
import { USAGE_STREAM } from './streams';

const AT_ONCE = 100;

/**
 * The messages of a partition from `first` on and before `end`, in order, read from the stream itself. The consumer gives out what was not
 * acknowledged only after a time-out, behind newer messages; a fold needs it in its place.
 */
export async function* readGap(
  manager: JetStreamManager,
  partition: number,
  first: number,
  end: number,
): AsyncGenerator<StoredMsg> {
  for (let next = first; next < end;) {
    const batch: StoredMsg[] = [];
    const answer = await manager.direct.getBatch(USAGE_STREAM, {
      seq: next,
      next_by_subj: `usage.${partition}`,
      batch: AT_ONCE,
    });
    for await (const message of answer) batch.push(message);
    for (const message of batch) if (message.seq < end) yield message;
    const last = batch.at(-1);
    if (!last || last.seq >= end) return;
    next = last.seq + 1;
  }
}
