import type { TIME_LIMITS as PRODUCT_LIMITS, WAITS as PRODUCT_WAITS } from '../../workflows/lib/time-limits';

/** Activity time-outs are real time even on the time-skipping server: so each is 200 ms or less, and a few of them fit into a whole call. */
const ATTEMPT = '200ms';
const HEARTBEAT = '150ms';
const CALL = '900ms';
const QUICK_RETRY = { initialInterval: '10ms', backoffCoefficient: 2, maximumInterval: '50ms' } as const;

/** Takes the place of workflows/lib/time-limits.ts in the bundle of the fault enumeration; what may last for ever still may. */
export const TIME_LIMITS = {
  lookups: { startToCloseTimeout: ATTEMPT, retry: { ...QUICK_RETRY, maximumAttempts: 3 } },
  atOnce: { startToCloseTimeout: ATTEMPT, heartbeatTimeout: HEARTBEAT, retry: { ...QUICK_RETRY, maximumAttempts: 4 } },
  untilDone: { startToCloseTimeout: ATTEMPT, retry: QUICK_RETRY },
  notices: { startToCloseTimeout: ATTEMPT, scheduleToCloseTimeout: CALL, retry: QUICK_RETRY },
  withinMinutes: {
    startToCloseTimeout: ATTEMPT,
    heartbeatTimeout: HEARTBEAT,
    scheduleToCloseTimeout: CALL,
    retry: QUICK_RETRY,
  },
  moves: { startToCloseTimeout: ATTEMPT, heartbeatTimeout: HEARTBEAT, retry: QUICK_RETRY },
  patientChecks: {
    startToCloseTimeout: ATTEMPT,
    heartbeatTimeout: HEARTBEAT,
    scheduleToCloseTimeout: CALL,
    retry: QUICK_RETRY,
  },
  rehearsals: { startToCloseTimeout: ATTEMPT, scheduleToCloseTimeout: CALL, retry: QUICK_RETRY },
  undos: { startToCloseTimeout: ATTEMPT, scheduleToCloseTimeout: CALL, retry: QUICK_RETRY },
} as const satisfies SameLimits<typeof PRODUCT_LIMITS>;

export const WAITS = {
  undoing: { pauseMs: 200, looks: 20 },
  gateMs: 900,
  askAgainMs: 300,
  askAgainAtMostMs: 600,
  quietSeconds: { critical: 0.1, high: 0.1, medium: 0.2, low: 0.2 },
  quietSecondsOfUnowned: { critical: 0.1, high: 0.1, medium: 0.2, low: 0.2 },
} as const satisfies SameLimits<typeof PRODUCT_WAITS>;

/** The same limits for the same activities, of other length: one that is added there must be added here. */
type SameLimits<T> = { readonly [K in keyof T]: T[K] extends string | number ? unknown : SameLimits<T[K]> };
