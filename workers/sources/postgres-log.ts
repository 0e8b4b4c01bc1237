import { watch, type FSWatcher } from 'node:fs';
import type { Logger } from 'pino';
import type { InventoryRecord } from '../../domain/credential';
import type { Subject } from '../../domain/subject';
import type { UsageEvent } from '../../domain/usage-event';
import { mapPostgresLogLine, type PostgresLogScope } from '../../detectors/sources/postgres-jsonlog';
import { LoginPairing } from '../../detectors/sources/postgres-login';
import { untilDone } from './back-off';
import { LogFollower, type LogLine } from './log-follower';
import type { LogPosition, LogPositions } from './log-position';
import { Wake } from './wake';
import { nameOf } from '../../domain/name-of';

export interface PostgresLogOptions {
  readonly account: string;
  /** `log_directory` of the server; its files end in `.json`. */
  readonly directory: string;
  readonly inventory: { lookup(subject: Subject): InventoryRecord | undefined };
  /** Takes the events over. When it rejects, it is asked again with the same events. */
  readonly publish: (events: readonly UsageEvent[]) => void | Promise<void>;
  readonly log: Logger;
  /** Without it, every start begins at the end of the log. */
  readonly positions?: LogPositions;
  readonly beginAt?: 'start' | 'end';
  readonly probeOf?: PostgresLogScope['probeOf'];
}

export interface PostgresLogTail {
  stop(): Promise<void>;
  readonly counters: Readonly<{ lines: number; events: number; malformed: number }>;
}

/** A refusal follows its login line within a millisecond or two (measured: the same one); PostgreSQL's collector adds its own. */
const SETTLE_MS = 15;
const SAVE_EVERY_MS = 250;
const POLL_MS = 20;

/**
 * Turns the JSON log of a PostgreSQL server into usage events as it is written. The position is saved behind what `publish` has taken, so
 * that a restart repeats at most a few events, whose ids are the same, and misses none.
 */
export async function tailPostgresLog(options: PostgresLogOptions): Promise<PostgresLogTail> {
  const { directory, log, positions } = options;
  const counters = { lines: 0, events: 0, malformed: 0 };
  const abort = new AbortController();
  const follower = new LogFollower(directory, '.json');
  const pairing = new LoginPairing<LogPosition>(SETTLE_MS);
  const scope: PostgresLogScope = {
    account: options.account,
    principalKindOf: (subject) => options.inventory.lookup(subject)?.principalKind,
    ...(options.probeOf ? { probeOf: options.probeOf } : {}),
  };
  let position = await positions?.load();
  /** Behind everything that `publish` has taken; lines read but not taken yet must be read again after a restart. */
  let done = position;
  let savedAt = 0;
  const wake = new Wake();
  const watcher = watchDirectory(directory, wake, log);

  function take(line: LogLine, now: number): void {
    counters.lines += 1;
    const start = { file: line.file, inode: line.inode, offset: line.start };
    position = { ...start, offset: line.end };
    const mapped = mapPostgresLogLine(line.text, scope);
    if (mapped.kind === 'event') pairing.take(mapped, start, now);
    if (mapped.kind === 'malformed') {
      counters.malformed += 1;
      log.warn(
        { ...start, code: mapped.code, fault: mapped.fault },
        'a line of the PostgreSQL log is unreadable; it stays in the file',
      );
    }
  }

  async function step(): Promise<boolean> {
    const lines = await follower.read(wake.takeHint());
    const now = Date.now();
    for (const line of lines) take(line, now);
    const events = pairing.settled(now);
    if (events.length > 0) {
      await untilDone(async () => options.publish(events), {
        signal: abort.signal,
        onFailure: () => log.warn({ count: events.length }, 'usage events were not taken; they are offered again'),
      });
      counters.events += events.length;
    }
    done = pairing.firstMark() ?? position;
    if (positions && done && (lines.length > 0 || events.length > 0) && now - savedAt >= SAVE_EVERY_MS) {
      savedAt = now;
      await positions.save(done);
    }
    return lines.length > 0;
  }

  const isThere = await follower.begin(position, options.beginAt ?? 'end').then(
    () => true,
    (error: unknown) => {
      log.error({ error: nameOf(error), directory }, 'there is no PostgreSQL log yet; it is looked for again');
      return false;
    },
  );

  const running = (async () => {
    // No reason to judge nothing else. All that is in it when it comes is new.
    const begin = () => follower.begin(position, 'start');
    if (!isThere) await untilDone(begin, { signal: abort.signal }).catch(() => undefined);
    while (!abort.signal.aborted) {
      const busy = await step().catch((error: unknown) => {
        if (!abort.signal.aborted)
          log.error({ error: nameOf(error) }, 'the PostgreSQL log could not be read; tried again');
        return false;
      });
      if (!busy && !abort.signal.aborted) await wake.sleep(POLL_MS);
    }
  })();

  return {
    counters,
    async stop() {
      abort.abort();
      wake.now();
      await running;
      watcher?.close();
      await follower.close();
      // Without it a few lines are read again.
      if (positions && done)
        await positions.save(done).catch((error: unknown) => {
          log.warn({ error: nameOf(error) }, 'how far the PostgreSQL log was read is not kept');
        });
    },
  };
}

/** A watch only makes it quicker; where the file system has none, polling alone does. */
function watchDirectory(directory: string, wake: Wake, log: Logger): FSWatcher | undefined {
  try {
    const watcher = watch(directory, (event) => wake.now(event === 'rename'));
    watcher.on('error', () => watcher.close());
    return watcher;
  } catch (error) {
    log.warn({ error: nameOf(error) }, 'the log directory cannot be watched; it is polled');
    return undefined;
  }
}
