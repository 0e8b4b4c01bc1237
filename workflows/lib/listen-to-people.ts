import { setHandler } from '@temporalio/workflow';
import {
  acknowledgeUpdate,
  addNoteUpdate,
  approveStepUpdate,
  pendingQuestionsQuery,
  planQuery,
  rejectStepUpdate,
  retryStepUpdate,
  skipStepUpdate,
  timelineQuery,
  type PersonInput,
} from '../messages';
import { answersTo, pendingQuestions } from './answers';
import type { Decisions } from './decisions';
import type { IncidentBoard } from './incident-board';
import type { Answer, PersonDesk } from './person-desk';
import { mustGiveReason, mustName, mustShowApproval, refuse } from './update-shapes';

export interface Listening {
  readonly board: IncidentBoard;
  readonly desk: PersonDesk;
  readonly decisions: Decisions;
}

/** What people can ask an incident, and how they answer what it asks. */
export function listenToPeople({ board, desk, decisions }: Listening): void {
  setHandler(planQuery, () => board.plan, { description: 'What is done about this leak, and why' });
  setHandler(timelineQuery, () => board.incident.timeline, { description: 'What happened, oldest first' });
  setHandler(pendingQuestionsQuery, () => pendingQuestions(board.view()), {
    description: 'What it waits for, and which updates answer that',
  });

  const answers = (update: string, validate: (person: PersonInput) => void) => (person: PersonInput) => {
    validate(person);
    const { waiting } = board.incident;
    if (!waiting) throw refuse('this incident waits for nobody');
    const possible = answersTo(waiting.kind);
    if (!possible.includes(update)) throw refuse(`this question is answered by ${possible.join(' or ')}`);
    if (person.question !== undefined && person.question !== waiting.number)
      throw refuse(`that question is not open any more: read question ${waiting.number} first`);
  };

  /** Whoever was quicker has answered; another question may be open by the time this one is on record. */
  const answer = async (
    person: PersonInput,
    given: Omit<Answer, 'by'>,
    decision: string,
    note: string,
    action?: 'approveStep' | 'skipStep',
  ): Promise<string> => {
    const question = desk.open;
    if (action) await decisions.authorize(person, action, { question });
    await decisions.record(decision, person);
    const taken = desk.answer(
      question,
      { ...given, by: person.actor, ...(action ? { approved: true } : {}) },
      `${person.actor}: ${note}. ${person.note}`,
    );
    return taken ? note : 'answered already';
  };

  setHandler(approveStepUpdate, (person) => approve(person), {
    validator: answers('approveStep', mustName),
    description: 'Do what the question asks. With a signed approval it also goes past a spent action budget',
  });
  const approve = (person: PersonInput): Promise<string> =>
    answer(person, { decision: 'go-on' }, 'go-on', 'go on', person.approval ? 'approveStep' : undefined);

  setHandler(retryStepUpdate, (person) => answer(person, { decision: 'go-on' }, 'go-on', 'try again'), {
    validator: answers('retryStep', mustName),
    description: 'Try the failed step again, after mending its cause',
  });
  setHandler(rejectStepUpdate, (person) => answer(person, { decision: 'reject' }, 'reject', 'no'), {
    validator: answers('rejectStep', mustGiveReason),
    description: 'Do not do what the question asks: the incident ends, contained',
  });
  setHandler(skipStepUpdate, (person) => answer(person, { decision: 'skip' }, 'skip', 'skip it', 'skipStep'), {
    validator: answers('skipStep', mustShowApproval),
    description:
      'Go on without the failed step where that is possible, or end the incident contained. Needs a signed approval',
  });
  setHandler(acknowledgeUpdate, (person) => acknowledge(person), {
    validator: mustName,
    description: 'Say that you are on it: pages stop',
  });
  setHandler(addNoteUpdate, (person) => note(person), {
    validator: mustName,
    description: 'Add a note to the timeline',
  });

  async function acknowledge(person: PersonInput): Promise<string> {
    await decisions.record('acknowledge', person);
    desk.acknowledge();
    board.apply({ type: 'noted', at: Date.now(), note: `${person.actor} is on it. ${person.note}` });
    return 'acknowledged';
  }

  async function note(person: PersonInput): Promise<string> {
    await decisions.record('note', person);
    board.apply({ type: 'noted', at: Date.now(), note: `${person.actor}: ${person.note}` });
    return 'noted';
  }
}
