import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { decodedText } from '../../detectors/sources/decoded-text';
import type { LogRecord } from '../../detectors/sigma/record';
import { readRecords } from '../../recordings/read-records';

/** Of others, beside a checkout and never in it; see the README there. */
const DATA = join(__dirname, '../../../shared/data');

/** Undefined where the recorded rules and events are there. */
export const missingRecordedSigma = existsSync(join(DATA, 'sigma-rules.jsonl')) ? undefined : `${DATA} is not there`;

interface PublicRule {
  readonly title: string;
  readonly id: string;
  readonly detection: object;
}

/** The detections of the field's rules, by their ids. */
export async function recordedRules(): Promise<readonly { readonly name: string; readonly detection: object }[]> {
  const lines = (await recordsOf('sigma-rules.jsonl')) as readonly { readonly rule: PublicRule }[];
  return lines.map(({ rule }) => ({ name: rule.id, detection: rule.detection }));
}

interface RecordedRequest {
  readonly method: string;
  readonly uri: string | null;
  readonly headers: Readonly<Record<string, unknown>> | null;
  readonly data: string | null;
}

/** Records of CloudTrail, events of rule tests of many products, and requests as a web server would log them. */
export async function recordedEvents(): Promise<readonly LogRecord[]> {
  const stratus = readdirSync(join(DATA, 'cloudtrail/stratus')).map((file) => `cloudtrail/stratus/${file}`);
  const files = ['cloudtrail/otrf-cloud-breach-s3.jsonl', 'cloudtrail/invictus.jsonl', ...stratus];
  const cloudtrail = (await Promise.all(files.map(recordsOf))).flat() as LogRecord[];
  const tests = (await recordsOf('panther-rule-tests.jsonl')) as readonly { readonly event: LogRecord | null }[];
  const requests = (await recordsOf('crs-requests.jsonl')) as readonly RecordedRequest[];
  // A few of the tests are of events that are none.
  const tested = tests.map(({ event }) => event).filter((event) => event !== null);
  return [...cloudtrail, ...tested, ...requests.map(asLogLine)];
}

function asLogLine({ method, uri, headers, data }: RecordedRequest): LogRecord {
  const target = uri ?? '';
  const [stem = '', ...query] = target.split('?');
  return {
    'cs-method': method,
    'cs-uri': target,
    'cs-uri-stem': stem,
    'cs-uri-query': query.join('?'),
    'cs-user-agent': headers?.['User-Agent'] ?? null,
    decoded: decodedText(target),
    body: decodedText(data ?? ''),
  };
}

async function recordsOf(file: string): Promise<readonly unknown[]> {
  const all: unknown[] = [];
  for await (const records of readRecords(join(DATA, file))) all.push(...records);
  return all;
}
