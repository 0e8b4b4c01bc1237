/** What scanners are called as reporters, before their name, or the name of the key by which somebody hands in what one wrote; no API key's name has a colon. */
export const FEED_REPORTER = 'feed:';

/** Whether an incident, or a report, is a scanner's word and no person's. */
export function isLeakFeed(reporter: string): boolean {
  return reporter.startsWith(FEED_REPORTER);
}
