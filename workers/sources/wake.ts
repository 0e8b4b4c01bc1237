/** A sleep that can be cut short, with a hint about why. */
export class Wake {
  #resolve: (() => void) | undefined;
  #woken = false;
  #hint = false;

  /** Ends the sleep, or prevents the next. */
  now(hint = false): void {
    this.#woken = true;
    this.#hint ||= hint;
    this.#resolve?.();
  }

  /** Whether a hint was given since it was asked last. */
  takeHint(): boolean {
    const hint = this.#hint;
    this.#hint = false;
    return hint;
  }

  async sleep(milliseconds: number): Promise<void> {
    if (!this.#woken) {
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, milliseconds);
        this.#resolve = () => {
          clearTimeout(timer);
          resolve();
        };
      });
    }
    this.#resolve = undefined;
    this.#woken = false;
  }
}
