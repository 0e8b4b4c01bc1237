/** So many reminders at the base distance (two hours at a quarter of an hour), then so many at four times it (a day), then daily. */
const OFTEN = 8;
const SOMETIMES = 24;
const SOMETIMES_FACTOR = 4;
const SELDOM_FACTOR = 96;

/**
 * How long to wait before the next reminder, in seconds, after `reminders` of them. Often while it is fresh, then less and less: an incident may
 * wait for months, and its history, of which every page is a part, must not reach Temporal's limit (51,200 events).
 */
export function remindAfterSeconds(baseSeconds: number, reminders: number): number {
  if (reminders <= OFTEN) return baseSeconds;
  return baseSeconds * (reminders <= OFTEN + SOMETIMES ? SOMETIMES_FACTOR : SELDOM_FACTOR);
}
