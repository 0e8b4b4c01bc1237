/** Nobody may keep people from being told for longer. */
const LONGEST_MS = 120_000;

/** How long a receiver asks us to wait: RFC 9110, section 10.2.3, seconds or a date. Undefined where it asks for nothing that can be understood. */
export function retryAfterMs(header: string | null, now = Date.now()): number | undefined {
  if (header === null || !/^(?:\d+|.+ GMT)$/.test(header)) return undefined;
  const wait = header.endsWith('GMT') ? Date.parse(header) - now : Number(header) * 1_000;
  return Number.isFinite(wait) ? Math.min(Math.max(wait, 0), LONGEST_MS) : undefined;
}
