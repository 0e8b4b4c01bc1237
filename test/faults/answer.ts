import {
  approveStepUpdate,
  markFalsePositiveUpdate,
  retryStepUpdate,
  type PendingQuestion,
  type PersonInput,
} from '../../workflows/messages';

/** Who answers, where somebody does. */
export const PERSON = { actor: 'ana@example.com', note: 'mended' };

/**
 * What the person sends: that it shall be tried again, or be done, with an approval that the world takes for a good one; or, where they say so,
 * that nothing leaked.
 */
export function answerTo(
  questions: readonly PendingQuestion[],
  says: 'yes' | 'nothing leaked' = 'yes',
): { readonly update: typeof retryStepUpdate; readonly person: PersonInput } | undefined {
  const answers = questions.flatMap((question) => question.answers);
  if (answers.includes(retryStepUpdate.name)) return { update: retryStepUpdate, person: PERSON };
  if (answers.includes(approveStepUpdate.name) && says === 'nothing leaked')
    return { update: markFalsePositiveUpdate, person: { ...PERSON, approval: 'signed' } };
  if (answers.includes(approveStepUpdate.name))
    return { update: approveStepUpdate, person: { ...PERSON, approval: 'signed' } };
  return undefined;
}
