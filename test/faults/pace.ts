import type { Assessment } from '../../domain/detection';
import { DEFAULT_ESCALATION } from '../../domain/escalation';
import { DEFAULT_POLICY, type Policy } from '../../domain/policy';
import type { IncidentInput, WatchInput } from '../../workflows/messages';
import type { Scenario } from './scenarios';
import { REPLACED_BEFORE } from './world/world';

/** How long everything takes: dependents that move, and people who do not answer. In seconds. */
export interface Pace {
  readonly overlap: Readonly<Record<Assessment['severity'], number>>;
  readonly remindEvery: number;
  /** What is not contained before somebody was asked is contained after this silence. */
  readonly containAfter: number;
  /** An incident that nobody answers is closed after this. */
  readonly closeAfter: number;
  /** After this a run that still waits has shown that it does. */
  readonly patience: number;
}

/** With the product's own time limits, in virtual time. Reminders come seldom, so that a run in which nobody answers stays short. */
export const PRODUCT_PACE: Pace = {
  overlap: { critical: 60, high: 120, medium: 240, low: 480 },
  remindEvery: 21_600,
  containAfter: 1_800,
  closeAfter: 43_200,
  patience: 54_000,
};

/**
 * With the short limits (short-time-limits.ts), for the server, where everything ends in real time (server-lane.ts). As with the product's,
 * a step that fails is tried again once before silence closes the incident, even if the step and the page each took a whole call of
 * 0.9 s: the first silence ends after 3 to 4.8 s, the second after 6 s at the earliest.
 */
export const SHORT_PACE: Pace = {
  overlap: { critical: 2, high: 3, medium: 3, low: 3 },
  remindEvery: 3,
  containAfter: 1,
  closeAfter: 5.4,
  patience: 16,
};

/** What starts the incident of a scenario. */
export function inputOf(
  { assessment, simulated, person, before }: Scenario,
  credentialId: string,
  pace: Pace,
): IncidentInput {
  // Where somebody answers, that must come before silence does, on a busy machine too.
  const silence = person === 'answers' ? PRODUCT_PACE : pace;
  const { severities } = DEFAULT_POLICY;
  const paced = (severity: Assessment['severity']): Policy['severities']['high'] => ({
    ...severities[severity],
    overlapSeconds: pace.overlap[severity],
  });
  return {
    credentialId,
    version: 1,
    assessment,
    policy: {
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
    },
    startedBy: 'detector',
    ...(simulated ? { simulated } : {}),
    ...(before === 'works-again' ? { reopened: { replacement: REPLACED_BEFORE } } : {}),
  };
}

/** What starts the watch over a version that an earlier incident has ended: for half a day. */
export function watchOf(input: IncidentInput, incident: string, now: number): WatchInput {
  const { credentialId, version, policy } = input;
  const until = now + WATCHED_MS;
  return { credentialId, version, policy, incident, replacement: REPLACED_BEFORE, since: now, until, checks: 0 };
}

const WATCHED_MS = 12 * 3_600_000;
