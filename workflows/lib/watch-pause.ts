/** In seconds: whoever switches a key back on does it soon, or never. */
const PAUSES = [60, 300, 900, 3_600, 3_600, 3_600];
const LATER = 6 * 3_600;

/** How long to wait before a look, by how many were made. */
export function pauseBeforeCheck(checks: number): number {
  return PAUSES[checks] ?? LATER;
}
