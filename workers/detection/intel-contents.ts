import type { Logger } from 'pino';
import type { AskList } from '../../detectors/listings';
import { IncidentError } from '../../domain/errors';
import type { IntelList } from '../../domain/intel';
import type { AddressSet } from '../../intel/address-set';

/** Where contents lie: see `ListShelf.content`. */
export type FindContent = (name: string, content: string) => Promise<AddressSet>;

/** The contents of lists that are in force in any partition of this worker, each held once. */
export class IntelContents {
  readonly #held = new Map<IntelList['content'], Promise<AddressSet>>();
  readonly #loaded = new Map<IntelList['content'], AddressSet>();
  /** By partition. */
  readonly #needed = new Map<number, Set<IntelList['content']>>();

  constructor(
    private readonly find: FindContent,
    private readonly log: Logger,
  ) {}

  /** For `foldPartition`: only of contents that were loaded. */
  readonly ask: AskList = (content, address, at) => this.#loaded.get(content)?.find(address, at);

  /**
   * Loads what these lists hold, for a partition that is about to fold the event that names them. Resolves to undefined when all is there, else to
   * the error of the first content that can't be had, ever.
   * @throws what says only that NATS is away
   */
  async load(partition: number, lists: readonly IntelList[]): Promise<IncidentError | undefined> {
    // Before the first await: another partition must not let go of what this one is about to ask.
    const needed = this.#needed.get(partition) ?? new Set();
    this.#needed.set(partition, needed);
    for (const { content } of lists) needed.add(content);
    for (const { name, content } of lists) {
      const loading = this.#held.get(content) ?? this.find(name, content);
      this.#held.set(content, loading);
      try {
        this.#loaded.set(content, await loading);
      } catch (error) {
        this.#held.delete(content);
        if (error instanceof IncidentError && error.code === 'INTEL_LIST_MISSING') return error;
        throw error;
      }
    }
    return undefined;
  }

  /** As `load`, for lists that a snapshot names: one that is gone says nothing until the next event, and that is told. */
  async loadAgain(partition: number, lists: readonly IntelList[]): Promise<void> {
    for (const list of lists) {
      const missing = await this.load(partition, [list]);
      if (missing)
        this.log.error(
          { code: missing.code, partition, list: list.name },
          'a threat list is gone, until the next refresh',
        );
    }
    this.keep(partition, lists);
  }

  /** Says which lists a partition goes on with; what no partition does is let go. */
  keep(partition: number, lists: readonly IntelList[]): void {
    this.#needed.set(partition, new Set(lists.map(({ content }) => content)));
    const needed = new Set([...this.#needed.values()].flatMap((contents) => [...contents]));
    for (const content of this.#held.keys()) {
      if (needed.has(content)) continue;
      this.#held.delete(content);
      this.#loaded.delete(content);
    }
  }
}
