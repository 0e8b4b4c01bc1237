/** By default nobody may put off for longer what people are told, or what moves a service. */
const LONGEST_MS = 120_000;

/** How long a receiver asks us to wait: RFC 9110, section 10.2.3, seconds or a date. Undefined where it asks for nothing that can be understood. */
export function retryAfterMs(
  header: string | null,
  { now = Date.now(), longestMs = LONGEST_MS }: { readonly now?: number; readonly longestMs?: number } = {},
): number | undefined {
  if (header === null || !/^(?:\d+|.+ GMT)$/.test(header)) return undefined;
  const wait = header.endsWith('GMT') ? Date.parse(header) - now : Number(header) * 1_000;
  return Number.isFinite(wait) ? Math.min(Math.max(wait, 0), longestMs) : undefined;
}

/** The same of an error of AWS's SDK. */
export function retryAfterOfAws(error: unknown): { readonly retryAfterMs?: number } {
  const { $response } = Object(error) as {
    readonly $response?: { readonly headers?: Readonly<Record<string, string>> };
  };
  const wait = retryAfterMs($response?.headers?.['retry-after'] ?? null);
  return wait === undefined ? {} : { retryAfterMs: wait };
}
