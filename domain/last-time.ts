/** The last time there is, in milliseconds since the epoch: beyond it there is no Date. */
export const LAST_TIME = 8.64e15;
