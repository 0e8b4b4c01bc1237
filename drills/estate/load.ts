/** What a service counts of its own legitimate requests. */
export interface LoadCounters {
  requests: number;
  /** Ended in an error for whoever asked. */
  failed: number;
  /** Nobody knows whether it took effect, and it could not be repeated. */
  ambiguous: number;
  /** The slowest, milliseconds: what a leak's answer cost in latency. */
  slowestMs: number;
  /** Of failed requests: how often each error, by name or code. */
  errors: Record<string, number>;
}

export interface Load {
  readonly counters: LoadCounters;
  /** Begins no more requests and waits for those that run. */
  stop(): Promise<void>;
}

/** Begins requests at a steady rate, whether or not earlier ones have ended: users do not wait for each other. */
export function startLoad(
  perSecond: number,
  request: (n: number) => Promise<void>,
  isAmbiguous: (error: unknown) => boolean = () => false,
): Load {
  const counters: LoadCounters = { requests: 0, failed: 0, ambiguous: 0, slowestMs: 0, errors: {} };
  const running = new Set<Promise<void>>();
  const timer = setInterval(() => {
    const one = measure().finally(() => running.delete(one));
    running.add(one);
  }, 1000 / perSecond);

  async function measure(): Promise<void> {
    const begin = performance.now();
    const n = (counters.requests += 1);
    try {
      await request(n);
    } catch (error) {
      if (isAmbiguous(error)) counters.ambiguous += 1;
      else counters.failed += 1;
      const name = errorName(error);
      counters.errors[name] = (counters.errors[name] ?? 0) + 1;
    }
    counters.slowestMs = Math.max(counters.slowestMs, Math.round(performance.now() - begin));
  }

  return {
    counters,
    async stop() {
      clearInterval(timer);
      await Promise.all(running);
    },
  };
}

function errorName(error: unknown): string {
  if (!(error instanceof Error)) return typeof error;
  return 'code' in error ? `${error.name} ${String(error.code)}` : error.name;
}
