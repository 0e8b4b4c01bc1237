import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { decodedText } from '../../detectors/sources/decoded-text';
import { headersIn } from '../../detectors/sources/logged-headers';
import { WEBSERVER, webserverRecord } from '../../detectors/sources/webserver-record';
import type { LogRecord } from '../../detectors/sigma/record';
import type { RuleSet } from '../../detectors/sigma/rule-set';
import { readRecords } from '../../recordings/read-records';

interface RecordedRequest {
  readonly rule: number;
  readonly method: string | null;
  readonly uri: string | null;
  readonly headers: Readonly<Record<string, unknown>> | null;
  readonly data: string | null;
  readonly label: string;
}

export interface CrsFigures {
  /** Hostile requests. */
  readonly requests: number;
  /** Those that a rule of ours recognises, shown whole, with headers and bodies. */
  readonly recognised: number;
  /** Those it recognises by what an access log holds of them: target and agent. */
  readonly recognisedInLogs: number;
  /** Those it recognises by what the documented formats of access logs hold of them: path, agent and three headers. */
  readonly recognisedAsDocumented: number;
}

/** Rules of the core rule set for what a hostile client sends; the others look at form, at answers, or sum up. */
const ATTACKS = { first: 930_000, last: 944_999 } as const;
/** Of the test harness, not of the client. */
const HARNESS = new Set(['Host', 'Accept']);

/**
 * How many of the core rule set's hostile test requests a rule of ours recognises. Many of its patterns are of paranoia levels that would stop ordinary use,
 * and ours leave them out; and many requests are hostile in their body or another header, which access logs don't have. Null: not there.
 */
export async function crsRecall(dataFolder: string, rules: RuleSet): Promise<CrsFigures | null> {
  const file = join(dataFolder, 'crs-requests.jsonl');
  if (!existsSync(file)) return null;
  const about = rules.about(WEBSERVER);
  const isRecognised = (record: LogRecord): boolean => about.matchesOf(record).length > 0;
  const figures = { requests: 0, recognised: 0, recognisedInLogs: 0, recognisedAsDocumented: 0 };
  for await (const records of readRecords(file)) {
    for (const request of records as readonly RecordedRequest[]) {
      if (request.label !== 'match' || request.rule < ATTACKS.first || request.rule > ATTACKS.last) continue;
      figures.requests += 1;
      if (isRecognised(wholeRequest(request))) figures.recognised += 1;
      if (isRecognised(loggedRequest(request, 'with its query'))) figures.recognisedInLogs += 1;
      if (isRecognised(loggedRequest(request, 'as documented'))) figures.recognisedAsDocumented += 1;
    }
  }
  return figures;
}

function wholeRequest({ uri, headers, data }: RecordedRequest): LogRecord {
  const said = Object.entries(headers ?? {}).filter(([name]) => !HARNESS.has(name));
  return Object.fromEntries([
    ['decoded', decodedText(uri ?? '')],
    ['body', decodedText(data ?? '')],
    ...said.map(([name, value]) => [name, decodedText(String(value))] as const),
  ]);
}

/** The headers of docs/examples/nginx.conf and envoy.yaml. */
const LOGGED_HEADERS = /^(?:referer|content-type|x-api-version)$/i;

/** As rules are asked about it where an access log is taken in. */
function loggedRequest({ method, uri, headers }: RecordedRequest, how: 'with its query' | 'as documented'): LogRecord {
  const sent = Object.entries(headers ?? {});
  const agent = sent.find(([name]) => name.toLowerCase() === 'user-agent')?.[1];
  const isDocumented = how === 'as documented';
  const target = isDocumented ? withoutQuery(uri ?? '') : (uri ?? '');
  const logged = sent
    .filter(([name]) => isDocumented && LOGGED_HEADERS.test(name))
    .map(([name, value]) => [name, /^referer$/i.test(name) ? withoutQuery(String(value)) : value] as const);
  return webserverRecord(
    {},
    {
      ...{ source: 'nginx', requestId: '', at: 0, status: 200, bytes: undefined, address: '192.0.2.1' },
      ...{ subject: '', verdict: '', user: '', publicId: '' },
      ...{ method: method ?? 'GET', path: target, target, agent: typeof agent === 'string' ? agent : '' },
      headers: headersIn(Object.fromEntries(logged)),
    },
  );
}

function withoutQuery(url: string): string {
  return url.replace(/[?#].*$/s, '');
}
