import { EventEmitter } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { IncidentError } from '../../domain/errors';
import type { SecretMaterial } from '../../domain/secret-material';
import type { CurrentSecret, SecretClient } from './secret-client';

/** How long a request waits for a replacement before it fails; design.md's bound. */
export const DEFAULT_PARK_MS = 5_000;
/** How often a parked dependent asks again: a push usually ends the wait sooner. */
const RE_READ_MS = 100;

export interface Held<K extends SecretMaterial['kind']> {
  readonly version: number;
  readonly material: Extract<SecretMaterial, { kind: K }>;
}

/**
 * One credential as a dependent holds it: the version in use, and the way to a newer one. Pools and clients listen to
 * `changed` and swap; a request that was refused waits with `waitForNewer`.
 */
export class ManagedCredential<K extends SecretMaterial['kind']> {
  readonly #events = new EventEmitter().setMaxListeners(0);
  #held: Held<K>;
  #rereading: Promise<void> | undefined;

  private constructor(
    readonly id: string,
    private readonly kind: K,
    private readonly secrets: SecretClient,
    first: CurrentSecret,
  ) {
    this.#held = this.check(first);
  }

  /**
   * Reads the version to use now. A store that does not answer is asked again for up to `withinMs`: a service that starts
   * while the store does need not fail.
   * @throws IncidentError SECRET_ACCESS_DENIED at once, PROVIDER_UNAVAILABLE
   */
  static async open<K extends SecretMaterial['kind']>(
    id: string,
    kind: K,
    secrets: SecretClient,
    withinMs: number = DEFAULT_PARK_MS,
  ): Promise<ManagedCredential<K>> {
    const deadline = Date.now() + withinMs;
    for (;;) {
      try {
        return new ManagedCredential(id, kind, secrets, await secrets.read(id));
      } catch (error) {
        const away = error instanceof IncidentError && error.code === 'PROVIDER_UNAVAILABLE';
        if (!away || Date.now() + RE_READ_MS > deadline) throw error;
        await sleep(RE_READ_MS);
      }
    }
  }

  get held(): Held<K> {
    return this.#held;
  }

  /** Calls `listener` with each version that takes over. */
  onChanged(listener: (held: Held<K>) => void): void {
    this.#events.on('changed', listener);
  }

  /** Changes to this version, because whoever manages the credential said so. */
  async use(version: number): Promise<void> {
    if (version !== this.#held.version) this.swap(await this.secrets.read(this.id, version));
  }

  /**
   * Resolves with the first version newer than `than`: at once when one is held already, else by re-reading until `withinMs`
   * is over. All waiting requests share one re-read, and it ends soon after the last of them has given up (`signal`).
   * @throws IncidentError CLIENT_PARK_TIMEOUT, and the signal's reason
   */
  async waitForNewer(than: number, withinMs: number = DEFAULT_PARK_MS, signal?: AbortSignal): Promise<Held<K>> {
    const deadline = Date.now() + withinMs;
    while (this.#held.version <= than) {
      signal?.throwIfAborted();
      if (Date.now() >= deadline)
        throw new IncidentError('CLIENT_PARK_TIMEOUT', { credential: this.id, version: than, waitedMs: withinMs });
      await this.reread();
      if (this.#held.version <= than)
        await this.changedWithin(Math.min(RE_READ_MS, Math.max(0, deadline - Date.now())));
    }
    return this.#held;
  }

  private reread(): Promise<void> {
    this.#rereading ??= this.secrets
      .read(this.id)
      .then((current) => {
        if (current.version > this.#held.version) this.swap(current);
      })
      // The store may be away for a moment: the deadline decides, not one failed read.
      .catch(() => undefined)
      .finally(() => (this.#rereading = undefined));
    return this.#rereading;
  }

  private async changedWithin(ms: number): Promise<void> {
    const stop = new AbortController();
    const changed = new Promise<void>((resolve) => this.#events.once('changed', () => resolve()));
    await Promise.race([changed, sleep(ms, undefined, { signal: stop.signal }).catch(() => undefined)]);
    stop.abort();
  }

  private swap(current: CurrentSecret): void {
    this.#held = this.check(current);
    this.#events.emit('changed', this.#held);
  }

  private check(current: CurrentSecret): Held<K> {
    const { version, material } = current;
    if (material.kind !== this.kind)
      throw new IncidentError('SECRET_NOT_FOUND', { credential: this.id, version, expected: this.kind });
    return { version, material: material as Extract<SecretMaterial, { kind: K }> };
  }
}
