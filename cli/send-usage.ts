import { setTimeout as sleep } from 'node:timers/promises';
import type { RuleSet } from '../detectors/sigma/rule-set';
import { mapperOf, type Source } from '../detectors/sources/registry';
import { IncidentError, isRetryable } from '../domain/errors';
import type { UsageEvent } from '../domain/usage-event';
import { noRecords, readEvents } from '../recordings/read-events';

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

/**
 * Maps recorded use where it lies and hands it in batch by batch, in the order of the files: records themselves are not sent. A batch that meets
 * a passing failure is sent again. Nothing is lost by doing all of it again: events are known by their ids.
 * @throws IncidentError RECORDING_UNREADABLE, RECORDING_OF_ANOTHER_SOURCE, and the API's own
 */
export async function sendUsage({ source, files, rules, send, pauseMs = pause }: SendRequest): Promise<Sent> {
  const map = mapperOf(source, rules);
  const counts = noRecords();
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
  for (const file of files) {
    for await (const events of readEvents(file, map, counts)) {
      for (const event of events) {
        if (event.kind !== 'usage' || event.probe !== undefined) {
          withheld += 1;
          continue;
        }
        const size = Buffer.byteLength(JSON.stringify(event)) + 1;
        if (batch.length === MOST_EVENTS || bytes + size > MOST_BYTES) await flush();
        batch.push(event);
        bytes += size;
      }
    }
  }
  await flush();
  return { ...counts, sent, withheld };
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
