/** What became of the requests of one kind. */
export interface Hammered {
  readonly ok: number;
  readonly errors: readonly unknown[];
}

/** Workers that begin the next request as soon as the last is answered, until `stop`. */
export function hammer(workers: number, request: () => Promise<unknown>): { stop(): Promise<Hammered> } {
  let running = true;
  let ok = 0;
  const errors: unknown[] = [];
  const loops = Array.from({ length: workers }, async () => {
    while (running) {
      try {
        await request();
        ok += 1;
      } catch (error) {
        errors.push(error);
      }
    }
  });
  return {
    async stop() {
      running = false;
      await Promise.all(loops);
      return { ok, errors };
    },
  };
}
