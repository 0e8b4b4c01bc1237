import { incidentId, rehearsalId, watchId } from '../../domain/credential';
import { DEFAULT_ESCALATION } from '../../domain/escalation';
import { DEFAULT_POLICY, type Policy } from '../../domain/policy';
import type { Severity } from '../../domain/severity';
import type { IncidentInput, WatchInput } from '../../workflows/messages';
import { PRODUCT_PACE, type Pace } from './pace';
import type { Scenario, Story } from './scenario';
import { LEAKED, REPLACED_BEFORE } from './world/world';

const WORKFLOW_IDS: Readonly<Record<Story, typeof incidentId>> = {
  respondToLeak: incidentId,
  watchContainment: watchId,
  rehearseResponse: rehearsalId,
};

/** The id of the workflow that a scenario begins with. */
export function workflowIdOf({ story }: Scenario, credentialId: string): string {
  return WORKFLOW_IDS[story](credentialId, LEAKED);
}

/** The id of its rotations. */
export function rotationIdOf(credentialId: string): string {
  return `rotate/${credentialId}/${LEAKED}`;
}

/** What starts that workflow. */
export function inputOf(scenario: Scenario, credentialId: string, pace: Pace, now: number): IncidentInput | WatchInput {
  const { assessment, simulated, past, story } = scenario;
  const about = { credentialId, version: LEAKED, policy: policyOf(scenario, pace) };
  if (story === 'watchContainment')
    return {
      ...about,
      incident: incidentId(credentialId, LEAKED),
      replacement: REPLACED_BEFORE,
      since: now,
      until: now + pace.watchFor * 1_000,
      checks: 0,
    };
  return {
    ...about,
    assessment,
    startedBy: 'detector',
    ...(past.startsWith('ended') ? { reopened: { replacement: REPLACED_BEFORE } } : {}),
    ...(simulated ? { simulated } : {}),
  };
}

function policyOf({ person }: Scenario, pace: Pace): Policy {
  // Where somebody answers, that must come before silence does, on a busy machine too.
  const silence = person === 'answers' ? PRODUCT_PACE : pace;
  const { severities } = DEFAULT_POLICY;
  const paced = (severity: Severity): Policy['severities']['high'] => ({
    ...severities[severity],
    overlapSeconds: pace.overlap[severity],
  });
  return {
    ...DEFAULT_POLICY,
    escalateEverySeconds: silence.remindEvery,
    escalation: {
      ...DEFAULT_ESCALATION,
      onSilence: {
        ...DEFAULT_ESCALATION.onSilence,
        contain: { afterSeconds: silence.containAfter },
        closeAfterSeconds: silence.closeAfter,
      },
    },
    // What is looked at after the end is no part of the plan.
    watchSeconds: 0,
    severities: { critical: paced('critical'), high: paced('high'), medium: paced('medium'), low: paced('low') },
  };
}
