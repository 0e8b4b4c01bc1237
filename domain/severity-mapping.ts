import type { Assessment } from './detection';
import type { Family } from './families';
import { concerns, type Described, type Policy, type PolicyOverride } from './policy';
import { atLeast, compareSeverity, type Severity } from './severity';

/** What evidence weighs for some credentials. All that is named in `when` must fit; later rules win over earlier ones. */
export interface SeverityRule {
  readonly when: PolicyOverride['when'] & { readonly family?: Family | undefined };
  /** Never less than this. */
  readonly atLeast?: Severity | undefined;
  /** Never more than this; a fact (deterministic evidence) stays at `high` or above all the same. */
  readonly atMost?: Severity | undefined;
}

/**
 * An assessment as the policy weighs it for this credential. Pure, and applied once, where evidence leaves the detection side: the hold, the
 * incident and the people all go by the same severity.
 */
export function weighed(policy: Policy, assessment: Assessment, credential: Described): Assessment {
  const rules = (policy.severityMapping ?? []).filter(
    ({ when: { family, ...when } }) =>
      concerns(when, credential) && (family === undefined || assessment.families.includes(family)),
  );
  const severity = rules.reduce((current, rule) => ruled(current, rule, assessment.deterministic), assessment.severity);
  return severity === assessment.severity ? assessment : { ...assessment, severity };
}

function ruled(severity: Severity, { atLeast: least, atMost }: SeverityRule, isFact: boolean): Severity {
  const raised = least && compareSeverity(severity, least) < 0 ? least : severity;
  const most = atMost && isFact && !atLeast(atMost, 'high') && atLeast(severity, 'high') ? 'high' : atMost;
  return most && compareSeverity(raised, most) > 0 ? most : raised;
}
