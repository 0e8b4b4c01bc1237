import { approveStepUpdate, retryStepUpdate, type PendingQuestion, type PersonInput } from '../../workflows/messages';

/** Who answers, where somebody does. */
export const PERSON = { actor: 'ana@example.com', note: 'mended' };

/** What the person sends: that it shall be tried again, or be done, with an approval that the world takes for a good one. */
export function answerTo(
  questions: readonly PendingQuestion[],
): { readonly update: typeof retryStepUpdate; readonly person: PersonInput } | undefined {
  const answers = questions.flatMap((question) => question.answers);
  if (answers.includes(retryStepUpdate.name)) return { update: retryStepUpdate, person: PERSON };
  if (answers.includes(approveStepUpdate.name))
    return { update: approveStepUpdate, person: { ...PERSON, approval: 'signed' } };
  return undefined;
}
