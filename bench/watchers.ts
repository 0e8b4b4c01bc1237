import { connect, type NatsConnection } from '@nats-io/transport-node';
import { openBucket } from '../enforcement/buckets';
import { mirrorDenylist, type DenylistMirror } from '../enforcement/denylist-mirror';

/** When the first and the last watcher applied a write, by `performance.now()`. */
export interface Applied {
  readonly first: number;
  readonly last: number;
}

export interface Watchers {
  /** Resolves when every watcher applies this revision. */
  applied(revision: number): Promise<Applied>;
  stop(): Promise<void>;
}

interface Wait {
  first: number;
  count: number;
  last: number;
  done?: (applied: Applied) => void;
}

/** Gateways as far as the denylist goes: each with a connection and a mirror of its own. */
export async function startWatchers(natsUrl: string, count: number): Promise<Watchers> {
  const waits = new Map<number, Wait>();
  const connections: NatsConnection[] = [];
  const mirrors: DenylistMirror[] = [];

  function waitOf(revision: number): Wait {
    const wait = waits.get(revision) ?? { first: 0, last: 0, count: 0 };
    waits.set(revision, wait);
    return wait;
  }

  function onApplied(revision: number): void {
    const now = performance.now();
    const wait = waitOf(revision);
    if (wait.count === 0) wait.first = now;
    wait.last = now;
    wait.count += 1;
    if (wait.count === count) wait.done?.({ first: wait.first, last: wait.last });
  }

  for (let i = 0; i < count; i++) {
    const nats = await connect({ servers: natsUrl });
    connections.push(nats);
    mirrors.push(await mirrorDenylist(await openBucket(nats, 'denylist'), { onApplied, onFault: () => undefined }));
  }
  return {
    applied: (revision) =>
      new Promise((resolve) => {
        const wait = waitOf(revision);
        if (wait.count === count) resolve({ first: wait.first, last: wait.last });
        else wait.done = resolve;
      }),
    async stop() {
      for (const mirror of mirrors) mirror.stop();
      await Promise.all(connections.map((nats) => nats.close()));
    },
  };
}
