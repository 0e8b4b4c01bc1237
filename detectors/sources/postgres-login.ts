import type { UsageEvent } from '../../domain/usage-event';
import type { MappedLogin } from './postgres-jsonlog';

interface Waiting<Mark> {
  readonly session: string;
  readonly event: UsageEvent;
  readonly mark: Mark;
  /** From when on nothing more is to be expected. */
  readonly settledAt: number;
}

/**
 * PostgreSQL writes "connection authorized" **before** it looks whether the role may log in at all, whether the database exists, and
 * whether there is room; the refusal follows in the same millisecond. So a login is held back for a moment, and is accepted only when no
 * refusal of its session came. Order is kept. `mark` is whatever the caller finds the line again by.
 */
export class LoginPairing<Mark> {
  #waiting: Waiting<Mark>[] = [];

  constructor(private readonly settleMs: number) {}

  /** Takes the next line's login. A refusal takes the place of its session's login, whose agent it does not name itself. */
  take(login: Extract<MappedLogin, { kind: 'event' }>, mark: Mark, now: number): void {
    const { event, session } = login;
    if (event.outcome === 'accepted') {
      this.#waiting.push({ session, event, mark, settledAt: now + this.settleMs });
      return;
    }
    const index = this.#waiting.findIndex((other) => other.session === session && other.event.outcome === 'accepted');
    const authorized = this.#waiting[index];
    if (!authorized) {
      this.#waiting.push({ session, event, mark, settledAt: now });
      return;
    }
    const { client, probe } = authorized.event;
    const refusal = { ...event, client, ...(probe === undefined ? {} : { probe }) };
    this.#waiting[index] = { ...authorized, event: refusal, settledAt: now };
  }

  /** What nothing more is to be expected of, in order. */
  settled(now: number): UsageEvent[] {
    const open = this.#waiting.findIndex(({ settledAt }) => now < settledAt);
    const done = open === -1 ? this.#waiting : this.#waiting.slice(0, open);
    this.#waiting = open === -1 ? [] : this.#waiting.slice(open);
    return done.map(({ event }) => event);
  }

  /** The mark of the first line still held back: whoever starts again must start there. */
  firstMark(): Mark | undefined {
    return this.#waiting[0]?.mark;
  }
}
