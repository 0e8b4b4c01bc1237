import type { Severity } from '../../domain/severity';

/** How long everything takes: dependents that move, and people who do not answer. In seconds. */
export interface Pace {
  readonly overlap: Readonly<Record<Severity, number>>;
  readonly remindEvery: number;
  /** What is not contained before somebody was asked is contained after this silence. */
  readonly containAfter: number;
  /** An incident that nobody answers is closed after this. */
  readonly closeAfter: number;
  /** After this a run that still waits has shown that it does. */
  readonly patience: number;
  /** How long a closed incident is watched. */
  readonly watchFor: number;
}

/** With the product's own time limits, in virtual time. Reminders come seldom, so that a run in which nobody answers stays short. */
export const PRODUCT_PACE: Pace = {
  overlap: { critical: 60, high: 120, medium: 240, low: 480 },
  remindEvery: 21_600,
  containAfter: 1_800,
  closeAfter: 43_200,
  patience: 54_000,
  watchFor: 7_200,
};

/**
 * With the short limits (short-time-limits.ts), for the server, where everything ends in real time (server-lane.ts). As with the product's,
 * a step that fails is tried again once before silence closes the incident, even if the step and the page each took a whole call of
 * 0.9 s, and a gate and an undo as well: the first silence ends after 3 to 5.7 s, the second after 6 s at the earliest.
 */
export const SHORT_PACE: Pace = {
  overlap: { critical: 2, high: 3, medium: 3, low: 3 },
  remindEvery: 3,
  containAfter: 1,
  closeAfter: 5.9,
  patience: 16,
  watchFor: 2,
};
