/** What was started and how each ends, in order; so that a drill can be stopped at any moment, also while it still starts things. */
export class SceneClosers {
  readonly #ends: (() => Promise<unknown>)[] = [];
  #closing: Promise<void> | undefined;
  readonly #closed = new AbortController();

  /** Aborted when the scene is being closed: whoever waits for something in it need not any longer. */
  get signal(): AbortSignal {
    return this.#closed.signal;
  }

  /** Registers how the thing just started ends. @throws Error when the scene is being closed: the thing is ended at once. */
  async add(end: () => Promise<unknown>): Promise<void> {
    if (this.#closing) {
      await end();
      throw new Error('stopped while starting');
    }
    this.#ends.push(end);
  }

  /** Ends everything, last started first. What can't be ended stops nothing else. */
  close(): Promise<void> {
    this.#closed.abort();
    this.#closing ??= (async () => {
      for (const end of this.#ends.splice(0).reverse()) await end().catch(() => undefined);
    })();
    return this.#closing;
  }
}
