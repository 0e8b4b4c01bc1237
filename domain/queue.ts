/** Runs what it is given one after the other, in the order of the calls. */
export class Queue {
  #last: Promise<unknown> = Promise.resolve();

  run<T>(work: () => Promise<T>): Promise<T> {
    const mine = this.#last.then(work);
    // The next one waits for this to end, however it ends; the caller gets the failure.
    this.#last = mine.catch(() => undefined);
    return mine;
  }
}
