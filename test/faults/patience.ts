const HOUR_MS = 3_600_000;

/** Nobody answers for this long, in virtual time: then a run that waits has shown that it does. */
export const PATIENCE_MS = 15 * HOUR_MS;
