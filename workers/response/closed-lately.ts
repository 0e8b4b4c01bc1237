/** Longer than a weekend during which no response worker ran. */
const LOOK_BACK_MS = 7 * 86_400_000;

/** Of a list filter: workflows that have closed since anybody may have looked. */
export function closedLately(now: number): string {
  return `CloseTime > '${new Date(now - LOOK_BACK_MS).toISOString()}'`;
}
