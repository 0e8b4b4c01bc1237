import { ApplicationFailure, condition, setHandler } from '@temporalio/workflow';
import type { IncidentStep } from '../../activities/incident-step';
import { acknowledgeUpdate, addNoteUpdate, retryStepUpdate, type PersonInput } from '../messages';
import { untilDone } from './activity-proxies';
import type { IncidentBoard } from './incident-board';
import { remindAfterSeconds } from './reminders';

export interface DeskParts {
  readonly board: IncidentBoard;
  /** Pages people. `number` counts all pages of the incident, so that no page is taken for a repetition of another. */
  readonly page: (question: string, number: number) => Promise<void>;
  readonly step: (name: string) => IncidentStep;
  /** At first; less and less with time (reminders.ts). */
  readonly remindEverySeconds: number;
}

/**
 * Where an incident meets people. What they can send here acknowledges, notes or tries again; nothing here loosens a
 * containment. Whatever they decide is audited with the name they gave before it takes effect.
 */
export class PersonDesk {
  /** Who answered the question. */
  #answered: string | undefined;
  /** How many were asked: an answer is to the one that was open when it was given. */
  #questions = 0;
  #acknowledged = false;
  #pages = 0;
  #decisions = 0;

  constructor(private readonly parts: DeskParts) {
    const { board } = parts;
    setHandler(retryStepUpdate, (person) => this.answer(person), {
      validator: mustWait(board),
      description: 'Try the failed step again, after mending its cause; or do what the question asks',
    });
    setHandler(acknowledgeUpdate, (person) => this.acknowledge(person), {
      validator: mustName,
      description: 'Say that you are on it: reminders stop',
    });
    setHandler(addNoteUpdate, (person) => this.note(person), {
      validator: mustName,
      description: 'Add a note to the timeline',
    });
  }

  /**
   * Asks, reminds for as long as nobody acknowledges, and returns when a person says to go on, or when `settled` says that the
   * question has answered itself. Resolves to the person's name, or to undefined when nobody had to say anything.
   */
  async ask(question: string, settled: () => boolean = () => false): Promise<string | undefined> {
    if (settled()) return undefined;
    this.#answered = undefined;
    this.#questions += 1;
    this.#acknowledged = false;
    this.parts.board.apply({ type: 'person-needed', at: Date.now(), note: question, question });
    for (let pages = 1; this.#answered === undefined && !settled(); pages++) {
      if (!this.#acknowledged) await this.tell(question);
      const pause = remindAfterSeconds(this.parts.remindEverySeconds, pages);
      await condition(() => this.#answered !== undefined || settled(), `${pause}s`, {
        summary: 'Page again while nobody acknowledges',
      });
    }
    if (this.#answered === undefined)
      this.parts.board.apply({ type: 'person-resumed', at: Date.now(), note: 'graver evidence answered the question' });
    return this.#answered;
  }

  /** Pages people without waiting for an answer. */
  tell(what: string): Promise<void> {
    this.#pages += 1;
    return this.parts.page(what, this.#pages);
  }

  private async answer(person: PersonInput): Promise<string> {
    const question = this.#questions;
    await this.record('go-on', person);
    // Somebody else was quicker, and another question may be open by now.
    if (question !== this.#questions || this.#answered !== undefined) return 'answered already';
    this.#answered = person.actor;
    this.parts.board.apply({
      type: 'person-resumed',
      at: Date.now(),
      note: `${person.actor}: try again. ${person.note}`,
    });
    return 'trying again';
  }

  private async acknowledge(person: PersonInput): Promise<string> {
    await this.record('acknowledge', person);
    this.#acknowledged = true;
    this.parts.board.apply({ type: 'noted', at: Date.now(), note: `${person.actor} is on it. ${person.note}` });
    return 'acknowledged';
  }

  private async note(person: PersonInput): Promise<string> {
    await this.record('note', person);
    this.parts.board.apply({ type: 'noted', at: Date.now(), note: `${person.actor}: ${person.note}` });
    return 'noted';
  }

  private async record(decision: string, { actor, note }: PersonInput): Promise<void> {
    this.#decisions += 1;
    const step = this.parts.step(`decision.${this.#decisions}`);
    const question = this.parts.board.incident.waiting?.question ?? '';
    await untilDone.recordDecision.executeWithOptions({ summary: `${actor}: ${decision}`.slice(0, 200) }, [
      { ...step, actor, decision, note: question ? `${note} (asked: ${question.slice(0, 300)})` : note },
    ]);
  }
}

const MAX_TEXT = 500;

/** Synchronous, as Temporal demands of validators: an async one could not refuse. */
function mustName(person: PersonInput): void {
  if (typeof person?.actor !== 'string' || person.actor.trim() === '' || person.actor.length > MAX_TEXT) {
    throw ApplicationFailure.nonRetryable('say who you are in `actor`', 'BAD_INPUT');
  }
  if (typeof person.note !== 'string' || person.note.length > MAX_TEXT) {
    throw ApplicationFailure.nonRetryable('`note` must be a text of at most 500 characters', 'BAD_INPUT');
  }
}

function mustWait(board: IncidentBoard): (person: PersonInput) => void {
  return (person) => {
    mustName(person);
    if (!board.incident.waiting) throw ApplicationFailure.nonRetryable('this incident waits for nobody', 'BAD_INPUT');
  };
}
