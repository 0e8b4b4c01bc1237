/**
 * How long activities may take, apart from what they are (activity-proxies.ts), and below how long the story waits: in one file, so that the fault
 * enumeration can run the same story in milliseconds. An attempt that is lost with its worker is noticed by its heartbeat or start-to-close time-out; every activity is safe to
 * repeat, so both are short.
 */
const QUICK_RETRY = { initialInterval: '200ms', backoffCoefficient: 2, maximumInterval: '10s' } as const;

export const TIME_LIMITS = {
  lookups: { startToCloseTimeout: '10s', retry: { ...QUICK_RETRY, maximumInterval: '2s', maximumAttempts: 5 } },
  atOnce: {
    startToCloseTimeout: '10s',
    heartbeatTimeout: '5s',
    // A person is asked after 14 s when each is refused at once, after two minutes when each hangs, or asks us to wait (activities/next-retry-delay.ts).
    retry: { ...QUICK_RETRY, maximumInterval: '2s', maximumAttempts: 10 },
  },
  untilDone: { startToCloseTimeout: '10s', retry: QUICK_RETRY },
  notices: { startToCloseTimeout: '10s', scheduleToCloseTimeout: '5m', retry: QUICK_RETRY },
  withinMinutes: {
    startToCloseTimeout: '20s',
    heartbeatTimeout: '5s',
    scheduleToCloseTimeout: '2m',
    retry: QUICK_RETRY,
  },
  moves: { startToCloseTimeout: '10s', heartbeatTimeout: '5s', retry: QUICK_RETRY },
  patientChecks: {
    startToCloseTimeout: '30s',
    heartbeatTimeout: '5s',
    scheduleToCloseTimeout: '10m',
    retry: { ...QUICK_RETRY, maximumInterval: '1m' },
  },
  rehearsals: { startToCloseTimeout: '10s', scheduleToCloseTimeout: '20s', retry: QUICK_RETRY },
  undos: { startToCloseTimeout: '20s', scheduleToCloseTimeout: '10m', retry: QUICK_RETRY },
} as const;

/** How long the story itself waits. */
export const WAITS = {
  /** How often it is looked whether an earlier rotation has undone itself, and how often at most: as long as an undo may take. */
  undoing: { pauseMs: 5_000, looks: 120 },
  /** As long as one wave may take to show that it works, at most; a canary is no canary without traffic. */
  gateMs: 30_000,
  /**
   * A dependent that refuses is asked again this often until its time is over: a person may mend it meanwhile. Temporal gives a try up
   * early when the next one would not fit any more, so what fails this late has used up its time.
   */
  askAgainMs: 10_000,
  askAgainAtMostMs: 600_000,
  /** A version is silent when no known context was let through with it for so long, where each belongs to a dependent that was seen to move. */
  quietSeconds: { critical: 2, high: 2, medium: 60, low: 300 },
  /** The same where a known context belongs to no dependent of the inventory: somebody there may use it seldom. */
  quietSecondsOfUnowned: { critical: 10, high: 60, medium: 600, low: 3_600 },
} as const;
