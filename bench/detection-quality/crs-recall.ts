import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { decodedText } from '../../detectors/sources/decoded-text';
import { WEBSERVER } from '../../detectors/sources/webserver-record';
import type { RuleSet } from '../../detectors/sigma/rule-set';
import { readRecords } from '../../recordings/read-records';

interface RecordedRequest {
  readonly rule: number;
  readonly uri: string | null;
  readonly headers: Readonly<Record<string, unknown>> | null;
  readonly data: string | null;
  readonly label: string;
}

/** Rules of the core rule set for what a hostile client sends; the others look at form, at answers, or sum up. */
const ATTACKS = { first: 930_000, last: 944_999 } as const;
/** Of the test harness, not of the client. */
const HARNESS = new Set(['Host', 'Accept']);

/**
 * The share of the core rule set's hostile test requests that a rule of ours recognises: whole requests, with headers and bodies that no
 * access log has. Many of its patterns are of paranoia levels that would stop ordinary use, and ours leave them out. Null: not there.
 */
export async function crsRecall(dataFolder: string, rules: RuleSet): Promise<number | null> {
  const file = join(dataFolder, 'crs-requests.jsonl');
  if (!existsSync(file)) return null;
  const about = rules.about(WEBSERVER);
  let [hostile, recognised] = [0, 0];
  for await (const records of readRecords(file)) {
    for (const request of records as readonly RecordedRequest[]) {
      if (request.label !== 'match' || request.rule < ATTACKS.first || request.rule > ATTACKS.last) continue;
      hostile += 1;
      if (about.matchesOf(asRecord(request)).length > 0) recognised += 1;
    }
  }
  return recognised / hostile;
}

function asRecord({ uri, headers, data }: RecordedRequest): Record<string, string> {
  const said = Object.entries(headers ?? {}).filter(([name]) => !HARNESS.has(name));
  return Object.fromEntries([
    ['decoded', decodedText(uri ?? '')],
    ['body', decodedText(data ?? '')],
    ...said.map(([name, value]) => [name, decodedText(String(value))] as const),
  ]);
}
