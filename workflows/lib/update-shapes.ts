import { ApplicationFailure } from '@temporalio/workflow';
import { LONGEST_EXTENSION_SECONDS, MAX_APPROVAL_LENGTH } from '../../domain/approval';
import type { Incident } from '../../domain/incident';
import { compareSeverity, SEVERITIES } from '../../domain/severity';
import type { ExtendInput, PersonInput, SeverityInput } from '../messages';

const MAX_TEXT = 500;

// Validators are synchronous, as Temporal demands: an async one could not refuse.

export function mustName(person: PersonInput): void {
  if (typeof person?.actor !== 'string' || person.actor.trim() === '' || person.actor.length > MAX_TEXT)
    throw refuse('say who you are in `actor`');
  if (typeof person.note !== 'string' || person.note.length > MAX_TEXT)
    throw refuse('`note` must be a text of at most 500 characters');
  const { approval } = person;
  if (approval !== undefined && (typeof approval !== 'string' || approval.length > MAX_APPROVAL_LENGTH))
    throw refuse('`approval` must be what `tourniquet approve` printed');
}

export function mustGiveReason(person: PersonInput): void {
  mustName(person);
  if (person.note.trim() === '') throw refuse('say why in `note`');
}

/** For what loosens. The signature is for an activity to verify. */
export function mustShowApproval(person: PersonInput): void {
  mustGiveReason(person);
  if (!person.approval) throw refuse('this loosens: put what `tourniquet approve` printed into `approval`');
}

export function mustBe(severity: (given: number) => boolean, what: string, incident: () => Incident) {
  return (input: SeverityInput): void => {
    if (!SEVERITIES.includes(input.severity)) throw refuse(`\`severity\` is one of ${SEVERITIES.join(', ')}`);
    if (!severity(compareSeverity(input.severity, incident().evidence.severity)))
      throw refuse(`\`severity\` must be ${what} than ${incident().evidence.severity}`);
  };
}

export function mustBeSeconds({ seconds }: ExtendInput): void {
  if (!Number.isInteger(seconds) || seconds < 1 || seconds > LONGEST_EXTENSION_SECONDS)
    throw refuse(`\`seconds\` must be a whole number from 1 to ${LONGEST_EXTENSION_SECONDS}`);
}

/** A refusal of an update, before anything of it is in the history. */
export function refuse(why: string): ApplicationFailure {
  return ApplicationFailure.nonRetryable(why, 'BAD_INPUT');
}
