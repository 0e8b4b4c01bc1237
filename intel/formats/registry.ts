import { csv } from './csv';
import type { IntelFormat } from './format';
import { ipset } from './ipset';
import { misp } from './misp';
import { plain } from './plain';
import { stix } from './stix';

/** How lists are written, one line each; a test compares this with the files beside it. */
export const INTEL_FORMATS = { plain, csv, ipset, stix, misp } as const satisfies Record<string, IntelFormat>;

export type IntelFormatName = keyof typeof INTEL_FORMATS;

export const INTEL_FORMAT_NAMES = Object.keys(INTEL_FORMATS) as [IntelFormatName, ...IntelFormatName[]];

/** The format a file seems to have, by its name and first character; for a person who did not say. */
export function guessFormat(name: string, text: string): IntelFormatName {
  if (/\.csv(?:\.gz)?$/.test(name)) return 'csv';
  const start = text.slice(0, 4_096).trimStart();
  if (start.startsWith('{')) return /"(?:spec_version|objects)"|"type"\s*:\s*"bundle"/.test(text) ? 'stix' : 'misp';
  return /^(?:#.*\n)*(?:create|add|-N|-A) /.test(start) ? 'ipset' : 'plain';
}
