import type { PersonInput } from '../../workflows/messages';
import { PERSON } from './answer';

/** What somebody does from outside while an incident runs. */
export type Deed =
  | { readonly does: 'graver-evidence' | 'cancel' | 'begin-again' }
  | { readonly does: 'update'; readonly update: string; readonly input: PersonInput };

export const GRAVER_EVIDENCE: Deed = { does: 'graver-evidence' };
export const CANCEL: Deed = { does: 'cancel' };
/** Its workflow is terminated, and started again a moment later. */
export const BEGIN_AGAIN: Deed = { does: 'begin-again' };
export const FALSE_POSITIVE = signed('markFalsePositive');

/** Two people give dependents longer; at medium the first is enough. */
export const EXTENSION: readonly Deed[] = ['ana@example.com', 'bo@example.com'].map((actor) =>
  signed('extendOverlap', { actor, seconds: 120 }),
);

/** With an approval that the world takes for a good one. */
export function signed(update: string, more: Partial<PersonInput> & Readonly<Record<string, unknown>> = {}): Deed {
  return { does: 'update', update, input: { ...PERSON, approval: 'signed', ...more } };
}
