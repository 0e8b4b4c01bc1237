import type { Escalation } from '../../domain/escalation';
import type { Asked } from '../messages';
import { remindAfterSeconds } from './reminders';

/** How far up the escalation ladder one matter is. It goes on over new tries of the same step, so that pages thin out. */
export class Ladder {
  #pages: number;
  /** Somebody said that they are on it: nobody else is paged. */
  acknowledged: boolean;

  constructor(
    private readonly escalation: Escalation,
    private readonly remindEverySeconds: number,
    /** Milliseconds since the epoch. */
    readonly since: number,
    { pages = 0, acknowledged = false }: Partial<Asked> = {},
  ) {
    this.#pages = pages;
    this.acknowledged = acknowledged;
  }

  /** All that another run must know to go on with it. */
  get asked(): Asked {
    return { since: this.since, pages: this.#pages, acknowledged: this.acknowledged };
  }

  /** Whom to page now. */
  climb(): readonly string[] {
    const { steps } = this.escalation;
    const step = steps[Math.min(this.#pages, steps.length - 1)];
    this.#pages += 1;
    return step?.tell ?? [];
  }

  /** How long to wait before the next page, in seconds. */
  pauseSeconds(): number {
    const { steps } = this.escalation;
    const [last, next] = [steps[this.#pages - 1], steps[this.#pages]];
    if (last && next) return next.afterSeconds - last.afterSeconds;
    return remindAfterSeconds(this.remindEverySeconds, this.#pages - steps.length + 1);
  }

  /** Whether nobody answered for so long that the incident is closed as it is. */
  isOver(now: number): boolean {
    return now - this.since >= this.escalation.onSilence.closeAfterSeconds * 1000;
  }
}
