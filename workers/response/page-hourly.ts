import { tellSecurity } from '../../activities/tell-audience';

const HOUR_MS = 3_600_000;

/** Pages security of something that lasts: once in each hour of the clock. */
export function pageHourly(
  deps: Parameters<typeof tellSecurity>[0],
  occasion: string,
  now: number,
  notice: Parameters<typeof tellSecurity>[2],
): Promise<void> {
  return tellSecurity(deps, `${occasion}/${hourOf(now)}`, notice);
}

/** When the hour began, as ISO 8601. */
export function hourOf(now: number): string {
  return new Date(now - (now % HOUR_MS)).toISOString();
}
