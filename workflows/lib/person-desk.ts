import { ApplicationFailure, condition, setHandler } from '@temporalio/workflow';
import { acknowledgeUpdate, addNoteUpdate, retryStepUpdate, type PersonInput } from '../messages';
import type { IncidentBoard } from './incident-board';

/** Pages people once more; `round` counts the reminders. */
export type Page = (question: string, round: number) => Promise<void>;

/**
 * Where an incident meets people. What they can send here acknowledges, notes or tries again; nothing here loosens a
 * containment.
 */
export class PersonDesk {
  #answered = false;
  #acknowledged = false;

  constructor(
    private readonly board: IncidentBoard,
    private readonly page: Page,
    private readonly remindEverySeconds: number,
  ) {
    setHandler(retryStepUpdate, (person) => this.answer(person), {
      validator: mustWait(board),
      description: 'Try the failed step again, after mending its cause',
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

  /** Asks, reminds for as long as nobody acknowledges, and returns when a person says to try again. */
  async ask(question: string): Promise<void> {
    this.#answered = false;
    this.#acknowledged = false;
    this.board.apply({ type: 'person-needed', at: Date.now(), note: question, question });
    for (let round = 1; !this.#answered; round++) {
      if (!this.#acknowledged) await this.page(question, round);
      await condition(() => this.#answered, `${this.remindEverySeconds}s`);
    }
  }

  private answer(person: PersonInput): string {
    this.#answered = true;
    this.board.apply({ type: 'person-resumed', at: Date.now(), note: `${person.actor}: try again. ${person.note}` });
    return 'trying again';
  }

  private acknowledge(person: PersonInput): string {
    this.#acknowledged = true;
    this.board.apply({ type: 'noted', at: Date.now(), note: `${person.actor} is on it. ${person.note}` });
    return 'acknowledged';
  }

  private note(person: PersonInput): string {
    this.board.apply({ type: 'noted', at: Date.now(), note: `${person.actor}: ${person.note}` });
    return 'noted';
  }
}

const MAX_TEXT = 500;

/** Synchronous, as Temporal demands of validators: an async one could not refuse. */
function mustName(person: PersonInput): void {
  if (typeof person?.actor !== 'string' || person.actor.trim() === '' || person.actor.length > MAX_TEXT) {
    throw ApplicationFailure.nonRetryable('say who you are in `actor`', 'BAD_INPUT');
  }
  if (typeof person.note !== 'string' || person.note.length > MAX_TEXT)
    throw ApplicationFailure.nonRetryable('`note` must be a text of at most 500 characters', 'BAD_INPUT');
}

function mustWait(board: IncidentBoard): (person: PersonInput) => void {
  return (person) => {
    mustName(person);
    if (!board.incident.waiting) throw ApplicationFailure.nonRetryable('this incident waits for nobody', 'BAD_INPUT');
  };
}
