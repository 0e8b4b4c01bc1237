import type { QuestionKind } from '../../domain/incident';
import type { IncidentView, PendingQuestion } from '../messages';

/** By which updates each kind of question is answered. Skipping a failed step is offered where the story can go on or end without it. */
const ANSWERS: Readonly<Record<QuestionKind, readonly string[]>> = {
  contain: ['approveStep', 'markFalsePositive'],
  'failed-step': ['retryStep', 'skipStep'],
  'needed-step': ['retryStep'],
  revoke: ['approveStep', 'rejectStep'],
  'hand-over': ['approveStep'],
};

/** Every question could be answered by it before questions had kinds. */
const BEFORE_KINDS: readonly string[] = ['retryStep'];

export function answersTo(kind: QuestionKind | undefined): readonly string[] {
  return kind ? ANSWERS[kind] : BEFORE_KINDS;
}

/** What the incident waits for: a story asks one question at a time. */
export function pendingQuestions({ incident }: IncidentView): readonly PendingQuestion[] {
  if (!incident.waiting) return [];
  const { resume: _stage, ...question } = incident.waiting;
  return [{ ...question, answers: answersTo(question.kind) }];
}
