import type { StreamEvent } from '../../domain/usage-event';
import type { LogRecord } from '../sigma/record';
import { type RuleSet, type RecordKind } from '../sigma/rule-set';
import { readAccessLog } from './access-log';
import { accessLogEvent, OWN_PART, type LoggedRequest } from './access-log-event';
import { CLOUDTRAIL, mapCloudTrail } from './cloudtrail';
import { outOfEnvelope } from './cloudtrail-envelope';
import { readEnvoy } from './envoy';
import type { Mapped, NotMapped } from './mapped';
import { mapNative } from './native';
import { readNginx } from './nginx';
import { mapOcsf } from './ocsf';
import { ocsfAsCloudTrail } from './ocsf-as-cloudtrail';
import { withOpenPolicies } from './policy-opens';
import { WEBSERVER, webserverRecord } from './webserver-record';
import { withRules } from './with-rules';
import { mappedWithoutValues } from './without-values';

interface SourceSpec {
  /** Which rules are asked about its records. */
  readonly kind: RecordKind;
  /** A record as parsed JSON becomes one of our events, with those of the rules that it matches. */
  readonly map: (record: unknown, rules: RuleSet) => Mapped;
}

/** Records of other systems, one line each. */
const SPECS = {
  cloudtrail: {
    kind: CLOUDTRAIL,
    map: (value, rules) => {
      const record = outOfEnvelope(value);
      return withRules(mapCloudTrail(record), () => withOpenPolicies(record as LogRecord), rules);
    },
  },
  ocsf: {
    kind: CLOUDTRAIL,
    map: (record, rules) =>
      withRules(mapOcsf(record), () => withOpenPolicies(ocsfAsCloudTrail(record as LogRecord)), rules),
  },
  nginx: proxy(readNginx),
  envoy: proxy(readEnvoy),
  /** Either of the two. */
  'access-log': proxy(readAccessLog),
} as const satisfies Record<string, SourceSpec>;

function proxy(read: (record: unknown) => LoggedRequest | NotMapped): SourceSpec {
  return {
    kind: WEBSERVER,
    map: (record, rules) => {
      const request = read(record);
      if ('kind' in request) return request;
      const line = Object(record) as LogRecord;
      return withRules(accessLogEvent(request, line), () => webserverRecord(line, request), rules);
    },
  };
}

export type ForeignSource = keyof typeof SPECS;
/** All whose records can be read: our own events, too. */
export type Source = 'native' | ForeignSource;

export const FOREIGN_SOURCE_NAMES = Object.keys(SPECS) as [ForeignSource, ...ForeignSource[]];
export const SOURCE_NAMES = ['native', ...FOREIGN_SOURCE_NAMES] as [Source, ...Source[]];

/** All kinds of records that rules are asked about. */
export const RECORD_KINDS: readonly RecordKind[] = Object.values(SPECS).map(({ kind }) => kind);

/** Maps records of a foreign source to events that carry the rules they match. Nothing a source sends makes it throw. */
export function foreignMapper(source: ForeignSource, rules: RuleSet): (record: unknown) => Mapped {
  const { map, kind }: SourceSpec = SPECS[source];
  const about = rules.about(kind);
  return (record) => mappedWithoutValues(map(record, about));
}

/** As `foreignMapper`, and for our own events, which say themselves what rules they match. */
export function mapperOf(source: Source, rules: RuleSet): (record: unknown) => Mapped<StreamEvent> {
  return source === 'native' ? (record) => mappedWithoutValues(mapNative(record)) : foreignMapper(source, rules);
}

/** The id a record has at its source: an event's id without what our mappers put before it, or, of a log line, behind it. */
export function recordIdOf(source: Source, eventId: string): string {
  if (source === 'native') return eventId;
  const id = eventId.replace(/^[a-z]+:/, '');
  return SPECS[source].kind === WEBSERVER ? id.replace(OWN_PART, '') : id;
}
