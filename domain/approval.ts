/**
 * What one authenticated person may have done to one incident, once: everything that loosens, and going past the breaker. Issued by the
 * API, carried by an update, verified by an activity. Plain data: workflows know it too.
 */
export const APPROVED_ACTIONS = [
  'approveStep',
  'skipStep',
  'extendOverlap',
  'lowerSeverity',
  'markFalsePositive',
] as const;

export type ApprovedAction = (typeof APPROVED_ACTIONS)[number];

/** What the action is about, such as the number of the question that is answered; no other may be done with the approval. */
export type ApprovalDetail = Readonly<Record<string, string | number>>;

/** Exactly what an approval allows. */
export interface ApprovalScope {
  readonly incidentId: string;
  /** The person: the name of their API key. */
  readonly actor: string;
  readonly action: ApprovedAction;
  readonly detail: ApprovalDetail;
}

/** Why an approval was refused; part of the audit. */
export type ApprovalRefusal =
  | 'not signed by the API'
  | 'expired'
  | 'for another incident'
  | 'of another person'
  | 'for another action'
  | 'used already';

/** The longest that dependents may be given at once, in seconds: as long as any leak gives them by itself. */
export const LONGEST_EXTENSION_SECONDS = 86_400;

/** An approval is shown within minutes by whoever asked for it; one that lies about is worth nothing. */
export const APPROVAL_LIFETIME_SECONDS = 600;

/** A signed approval is about 500 characters long; nothing longer is looked at. */
export const MAX_APPROVAL_LENGTH = 2_000;

/** The same text for the same detail, however its keys are ordered. */
export function detailText(detail: ApprovalDetail): string {
  const entries = Object.entries(detail).sort(([a], [b]) => (a < b ? -1 : 1));
  return JSON.stringify(Object.fromEntries(entries));
}
