import type { Severity } from './severity';

/** What one severity gets; design.md's table, as data. */
export interface SeverityResponse {
  /** How long known contexts may still use the old version while they move, in seconds. */
  readonly overlapSeconds: number;
  /** `when-moved`: at once when all dependents have moved. `ask`: a person decides. `never`: tripwire only. */
  readonly revoke: 'when-moved' | 'ask' | 'never';
  /** At the end of the overlap revoke even if dependents are missing. */
  readonly revokeAtDeadline: boolean;
  /** Without any known context: contain all of it (`deny-all`) or only watch and ask (`ask`). */
  readonly withoutKnownContext: 'deny-all' | 'ask';
}

export interface Policy {
  readonly version: number;
  /** Below this an assessment is recorded and starts nothing. */
  readonly incidentFrom: Severity;
  /** From here on the detection side writes a hold by itself. */
  readonly holdFrom: Severity;
  /** How long a hold may wait for its workflow, in seconds; design.md rule 3: ten minutes or more. */
  readonly holdSeconds: number;
  /** A person who does not answer is asked again after this long, in seconds. */
  readonly escalateEverySeconds: number;
  readonly severities: Readonly<Record<Severity, SeverityResponse>>;
}

export const DEFAULT_POLICY: Policy = {
  version: 1,
  incidentFrom: 'medium',
  holdFrom: 'high',
  holdSeconds: 600,
  escalateEverySeconds: 900,
  severities: {
    critical: { overlapSeconds: 60, revoke: 'when-moved', revokeAtDeadline: true, withoutKnownContext: 'deny-all' },
    high: { overlapSeconds: 900, revoke: 'when-moved', revokeAtDeadline: true, withoutKnownContext: 'deny-all' },
    medium: { overlapSeconds: 14_400, revoke: 'when-moved', revokeAtDeadline: false, withoutKnownContext: 'ask' },
    low: { overlapSeconds: 86_400, revoke: 'never', revokeAtDeadline: false, withoutKnownContext: 'ask' },
  },
};
