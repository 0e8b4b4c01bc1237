import { z } from 'zod';

/** A value that a scanner found, and where. */
export interface ScannerFinding {
  /** What it matched, in each form that the scanner gives. */
  readonly tokens: readonly string[];
  /** Its name of the kind of secret. */
  readonly type: string;
  readonly place: string;
}

const gitleaks = z.object({
  Secret: z.string().min(1),
  RuleID: z.string().default(''),
  File: z.string().default(''),
  StartLine: z.number().optional(),
  Commit: z.string().default(''),
});

const trufflehog = z.object({
  Raw: z.string().min(1),
  /** Id and secret together, where Raw is the id alone. */
  RawV2: z.string().default(''),
  DetectorName: z.string().default(''),
  SourceMetadata: z.object({ Data: z.record(z.string(), z.record(z.string(), z.unknown())) }).optional(),
});

/** What each scanner writes of one finding; undefined for what is none. */
export const SCANNERS: Readonly<Record<string, (record: unknown) => ScannerFinding | undefined>> = {
  gitleaks(record) {
    const { success, data } = gitleaks.safeParse(record);
    // `--redact` leaves nothing that could be looked for.
    if (!success || /^REDACTED$|\.\.\.$/.test(data.Secret)) return undefined;
    const commit = data.Commit === '' ? '' : ` at ${data.Commit.slice(0, 12)}`;
    return {
      tokens: [data.Secret],
      type: data.RuleID || 'gitleaks',
      place: `gitleaks: ${data.File}:${data.StartLine ?? '?'}${commit}`,
    };
  },

  trufflehog(record) {
    const { success, data } = trufflehog.safeParse(record);
    if (!success) return undefined;
    const [source, facts] = Object.entries(data.SourceMetadata?.Data ?? {})[0] ?? ['', {}];
    const [file, line] = ['file', 'line'].map((name) => textOf(facts[name]));
    const tokens = [...new Set([data.RawV2, data.Raw])].filter((token) => token !== '');
    return {
      tokens,
      type: data.DetectorName || 'trufflehog',
      place: `trufflehog: ${[source, file, line].filter((part) => part !== '').join(':')}`,
    };
  },
};

function textOf(value: unknown): string {
  return typeof value === 'string' || typeof value === 'number' ? String(value) : '';
}
