import type { Assessment } from './detection';

/**
 * What incidents have in common that were begun for the same: who reported the leak, or what kinds of evidence detectors found first. As
 * much as is known when an incident begins, so that it stays the same to its end.
 */
export function causeOf({
  startedBy,
  assessment,
}: {
  readonly startedBy: string;
  readonly assessment: Pick<Assessment, 'families'>;
}): string {
  return startedBy === 'detector' ? `detected: ${assessment.families.join(', ')}` : `reported by ${startedBy}`;
}
