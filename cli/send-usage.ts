import { setTimeout as sleep } from 'node:timers/promises';
import type { RuleSet } from '../detectors/sigma/rule-set';
import { notFromAhead } from '../detectors/sources/not-from-ahead';
import { mapperOf, type Source } from '../detectors/sources/registry';
import { IncidentError, isRetryable } from '../domain/errors';
import type { StreamEvent, UsageEvent } from '../domain/usage-event';
import { forEachInTime } from '../recordings/merge-files';
import { STDIN } from '../recordings/read-bytes';
import { expectRecords, noRecords, readEvents, type Mapper, type RecordCounts } from '../recordings/read-events';

export interface SendRequest {
  readonly source: Source;
  readonly files: readonly string[];
  readonly rules: RuleSet;
  readonly send: (events: readonly UsageEvent[]) => Promise<void>;
  /** How long to wait before a batch is sent again, by the number of tries so far. */
  readonly pauseMs?: (tries: number) => number;
}

export interface Sent {
  readonly records: number;
  readonly sent: number;
  readonly ignored: number;
  readonly malformed: number;
  /** Facts about subjects and marked probes: not a reporter's to state. */
  readonly withheld: number;
  readonly faults: readonly string[];
}

/** What the API takes at once: so many events, and with room to spare for what stands around them, so many bytes. */
const MOST_EVENTS = 1_000;
const MOST_BYTES = 900_000;
const TRIES = 6;
const QUIET_MS = 1_000;

/**
 * Maps recorded use where it lies and hands it in batch by batch: records themselves are not sent. All files are merged by time, since what comes an hour
 * behind its credential's newest event is judged by facts only. Standard input alone is sent as it comes. A batch that meets a passing failure is sent
 * again. Nothing is lost by doing all of it again: events are known by their ids.
 * @throws IncidentError RECORDING_UNREADABLE, RECORDING_OF_ANOTHER_SOURCE, and the API's own
 */
export async function sendUsage({ source, files, rules, send, pauseMs = pause }: SendRequest): Promise<Sent> {
  const map = notFromAhead(mapperOf(source, rules), Date.now);
  let sent = 0;
  let withheld = 0;
  let batch: UsageEvent[] = [];
  let bytes = 0;
  const flush = async (): Promise<void> => {
    if (batch.length > 0) await untilTaken(() => send(batch), pauseMs);
    sent += batch.length;
    batch = [];
    bytes = 0;
  };
  const take = async (event: StreamEvent): Promise<void> => {
    if (event.kind !== 'usage' || event.probe !== undefined) {
      withheld += 1;
      return;
    }
    const size = Buffer.byteLength(JSON.stringify(event)) + 1;
    if (batch.length === MOST_EVENTS || bytes + size > MOST_BYTES) await flush();
    batch.push(event);
    bytes += size;
  };
  const isLive = files.length === 1 && files[0] === STDIN;
  const counts = isLive ? await asTheyCome(map, take, flush) : await forEachInTime(files, map, take);
  await flush();
  return { ...counts, sent, withheld };
}

/** What follows a log that is being written: a batch that is not full is sent after a second, whether more comes or not. */
async function asTheyCome(
  map: Mapper<StreamEvent>,
  take: (event: StreamEvent) => Promise<void>,
  flush: () => Promise<void>,
): Promise<RecordCounts> {
  const counts = noRecords();
  const pieces = readEvents(STDIN, map, counts);
  let sentAt = Date.now();
  for (;;) {
    const coming = pieces.next();
    const quiet = new AbortController();
    const isQuiet = sleep(QUIET_MS, true, { signal: quiet.signal }).catch(() => false);
    const isDue = await Promise.race([isQuiet, coming.then(() => Date.now() - sentAt >= QUIET_MS)]);
    quiet.abort();
    if (isDue) {
      await flush();
      sentAt = Date.now();
    }
    const { value, done } = await coming;
    if (done) break;
    for (const event of value) await take(event);
  }
  expectRecords([STDIN], counts);
  return counts;
}

async function untilTaken(send: () => Promise<void>, pauseMs: (tries: number) => number): Promise<void> {
  for (let tries = 1; ; tries++) {
    try {
      return await send();
    } catch (error) {
      if (!(error instanceof IncidentError && isRetryable(error.code)) || tries === TRIES) throw error;
      await sleep(pauseMs(tries));
    }
  }
}

function pause(tries: number): number {
  return 500 * 2 ** tries;
}
