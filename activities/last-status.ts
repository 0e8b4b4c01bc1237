import { setTimeout as sleep } from 'node:timers/promises';
import type { lookUpDependent } from './lookup';

export type Status = Awaited<ReturnType<ReturnType<typeof lookUpDependent>['adapter']['status']>>;

const POLL_MS = 50;

/** The first status that will do, or, when the time is over, the last one. */
export async function lastStatus(
  status: () => Promise<Status>,
  withinMs: number,
  willDo: (status: Status) => boolean,
  heartbeat: (progress: string) => void = () => undefined,
  everyMs = POLL_MS,
): Promise<Status> {
  const deadline = Date.now() + withinMs;
  for (;;) {
    const now = await status();
    if (willDo(now)) return now;
    heartbeat(now.detail);
    if (Date.now() > deadline) return now;
    await sleep(everyMs);
  }
}
