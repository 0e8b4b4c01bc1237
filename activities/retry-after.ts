/** Nobody may put off for longer what contains a leak, what moves a service, or what people are told: who is asked too early says so again. */
const LONGEST_MS = 120_000;

/** How long a receiver asks us to wait: RFC 9110, section 10.2.3, seconds or a date. Undefined where it asks for nothing that can be understood. */
export function retryAfterMs(header: string | null, now = Date.now()): number | undefined {
  if (header === null || !/^(?:\d+|.+ GMT)$/.test(header)) return undefined;
  const wait = header.endsWith('GMT') ? Date.parse(header) - now : Number(header) * 1_000;
  return Number.isFinite(wait) ? Math.min(Math.max(wait, 0), LONGEST_MS) : undefined;
}

/** The same of an error of AWS's SDK. */
export function retryAfterOfAws(error: unknown): { readonly retryAfterMs?: number } {
  const { $response } = Object(error) as {
    readonly $response?: { readonly headers?: Readonly<Record<string, string>> };
  };
  const wait = retryAfterMs($response?.headers?.['retry-after'] ?? null);
  return wait === undefined ? {} : { retryAfterMs: wait };
}
