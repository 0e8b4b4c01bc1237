import { allHandlersFinished, condition, sleep, workflowInfo } from '@temporalio/workflow';
import type { Escalation } from '../../domain/escalation';
import type { QuestionKind } from '../../domain/incident';
import { EndsEarly } from './ends-early';
import type { Asked } from '../messages';
import type { IncidentBoard } from './incident-board';
import { Ladder } from './ladder';

export interface DeskParts {
  readonly board: IncidentBoard;
  /** Pages `audiences`. `number` counts all pages of the incident, so that no page is taken for a repetition of another. */
  readonly page: (question: string, number: number, audiences: readonly string[]) => Promise<void>;
  readonly escalation: () => Escalation;
  /** After the ladder's last step; less and less with time (reminders.ts). */
  readonly remindEverySeconds: number;
  /** The question that an earlier run left open. */
  readonly asked?: Asked | undefined;
}

export interface Question {
  readonly kind: QuestionKind;
  readonly text: string;
  /** Says that the question has answered itself. */
  readonly settled?: () => boolean;
  /** Of the matter, where it was asked about before. */
  readonly ladder?: Ladder;
  /** Go on after so many seconds without an answer; without it silence decides nothing. */
  readonly goOnAfterSeconds?: number | undefined;
  /** Go on by itself with every page that nobody answers. */
  readonly tryAgain?: boolean;
  /** Silence never ends it: whatever was said at an end would not be so. */
  readonly endless?: boolean;
  /** For what must never be closed unanswered, such as a leak that is not contained: goes on with a new history (continue-as-new). */
  readonly renew?: (asked: Asked) => Promise<never>;
}

export interface Answer {
  readonly decision: 'go-on' | 'skip' | 'reject';
  /** Who said so; missing when nobody did: graver evidence, or the declared default. */
  readonly by?: string;
  /** By a signed approval: who it is was proven. */
  readonly approved?: true;
}

/** Where an incident meets people: it asks one question at a time, and climbs the ladder for as long as nobody acknowledges. */
export class PersonDesk {
  #answer: Answer | undefined;
  /** How many were asked: an answer is to the one that was open when it was given. */
  #questions = 0;
  /** Of the open question. */
  #ladder: Ladder | undefined;
  #pages = 0;
  readonly #telling = new Set<Promise<void>>();

  /** Of an earlier run; the first matter of this one is the same. */
  #asked: Asked | undefined;

  constructor(private readonly parts: DeskParts) {
    this.#asked = parts.asked;
  }

  /** The number of the open question. */
  get open(): number {
    return this.#questions;
  }

  /** A ladder for one matter, however often it is asked about, and in how many runs. */
  ladder(): Ladder {
    const asked = this.#asked;
    this.#asked = undefined;
    return new Ladder(this.parts.escalation(), this.parts.remindEverySeconds, asked?.since ?? Date.now(), asked);
  }

  /** Asks until a person answers, the question answers itself, or silence does. @throws EndsEarly after the ladder's end */
  async ask({
    kind,
    text,
    settled = () => false,
    goOnAfterSeconds = Infinity,
    tryAgain = false,
    endless = false,
    renew,
    ...rest
  }: Question): Promise<Answer> {
    if (settled()) return { decision: 'go-on' };
    const { board } = this.parts;
    const ladder = rest.ladder ?? this.ladder();
    this.#answer = undefined;
    this.#questions += 1;
    this.#ladder = ladder;
    board.apply({
      type: 'person-needed',
      at: Date.now(),
      note: text,
      question: text,
      kind,
      number: this.#questions,
    });
    const isSettled = (): boolean => this.#answer !== undefined || settled();
    try {
      for (;;) {
        const audiences = ladder.climb();
        const paged = ladder.acknowledged ? undefined : this.tell(text, audiences);
        // A dead channel keeps nobody from answering.
        if (paged) await Promise.race([paged, condition(isSettled)]);
        if (isSettled()) break;
        const silence = ladder.since + goOnAfterSeconds * 1000;
        const pause = Math.max(1, Math.min(ladder.pauseSeconds() * 1000, silence - Date.now()));
        if (await condition(isSettled, pause, { summary: 'Page again while nobody acknowledges' })) break;
        if (Date.now() >= silence) return this.resume('nobody answered: it goes on', { decision: 'go-on' });
        if (renew && workflowInfo().continueAsNewSuggested) {
          // An answer that is being taken must not be lost with this run.
          await condition(allHandlersFinished);
          if (isSettled()) break;
          await renew(ladder.asked);
        }
        if (!renew && !endless && ladder.isOver(Date.now())) throw new EndsEarly(`nobody answered: ${text}`);
        if (tryAgain) return this.resume('nobody answered: tried again', { decision: 'go-on' });
      }
    } finally {
      // Cancelled, or over: the question is no longer open.
      if (!isSettled()) board.apply({ type: 'person-resumed', at: Date.now(), note: 'the question was closed' });
    }
    return this.#answer ?? this.resume('graver evidence answered the question', { decision: 'go-on' });
  }

  /** Pages people along the ladder, until it is cancelled or somebody says to be on it. */
  async pageOn(what: string, summary: string): Promise<never> {
    const { escalation, remindEverySeconds } = this.parts;
    const ladder = new Ladder(escalation(), remindEverySeconds, Date.now());
    this.#ladder = ladder;
    for (;;) {
      const audiences = ladder.climb();
      if (!ladder.acknowledged) void this.tell(what, audiences);
      await sleep(ladder.pauseSeconds() * 1000, { summary });
    }
  }

  /** Pages people without waiting for an answer. */
  tell(what: string, audiences = this.parts.escalation().steps[0]?.tell ?? []): Promise<void> {
    this.#pages += 1;
    const told = this.parts.page(what, this.#pages, audiences);
    this.#telling.add(told);
    return told.finally(() => this.#telling.delete(told));
  }

  /** All that the ladder knows. */
  everybody(): readonly string[] {
    return [...new Set(this.parts.escalation().steps.flatMap(({ tell }) => tell))];
  }

  /** Resolves when every page is sent, or given up. */
  async allTold(): Promise<void> {
    await Promise.allSettled(this.#telling);
  }

  acknowledge(): void {
    if (this.#ladder) this.#ladder.acknowledged = true;
  }

  /** Takes a person's answer to question `number`; false when another was quicker, or when that question is no longer open. */
  answer(number: number, answer: Answer, note: string): boolean {
    if (number !== this.#questions || this.#answer !== undefined || !this.parts.board.incident.waiting) return false;
    this.#answer = answer;
    this.parts.board.apply({ type: 'person-resumed', at: Date.now(), note });
    return true;
  }

  private resume(note: string, answer: Answer): Answer {
    this.parts.board.apply({ type: 'person-resumed', at: Date.now(), note });
    return answer;
  }
}
