import { approveStepUpdate, retryStepUpdate, type PendingQuestion, type PersonInput } from '../../workflows/messages';
import { approvalText } from './world/approval-text';

/** Who answers, where somebody does. */
export const PERSON = { actor: 'ana@example.com', note: 'mended' };

/** What the person sends: that it shall be tried again, or be done, with an approval of exactly that. */
export function answerTo(
  questions: readonly PendingQuestion[],
): { readonly update: typeof retryStepUpdate; readonly person: PersonInput } | undefined {
  const [question] = questions;
  if (question?.answers.includes(retryStepUpdate.name)) return { update: retryStepUpdate, person: PERSON };
  if (!question?.answers.includes(approveStepUpdate.name)) return undefined;
  const { actor } = PERSON;
  const approval = approvalText({ actor, action: 'approveStep', detail: { question: question.number ?? 0 } });
  return { update: approveStepUpdate, person: { ...PERSON, approval } };
}
