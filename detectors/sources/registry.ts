import type { StreamEvent } from '../../domain/usage-event';
import type { LogRecord } from '../sigma/record';
import { type RuleSet, type RecordKind } from '../sigma/rule-set';
import { mapAccessLog, webserverOfAccessLog } from './access-log';
import { CLOUDTRAIL, mapCloudTrail } from './cloudtrail';
import { mapEnvoy, webserverOfEnvoy } from './envoy';
import type { Mapped } from './mapped';
import { mapNative } from './native';
import { mapNginx, webserverOfNginx } from './nginx';
import { mapOcsf } from './ocsf';
import { ocsfAsCloudTrail } from './ocsf-as-cloudtrail';
import { WEBSERVER } from './webserver-record';
import { withRules } from './with-rules';

interface SourceSpec {
  /** A record as parsed JSON becomes one of our events. */
  readonly map: (record: unknown) => Mapped;
  /** Which rules are asked about its records. */
  readonly kind: RecordKind;
  /** The record as these rules know it, where it has other names. */
  readonly asRulesKnow?: (record: LogRecord) => LogRecord;
}

/** Records of other systems, one line each. */
const SPECS = {
  cloudtrail: { map: mapCloudTrail, kind: CLOUDTRAIL },
  ocsf: { map: mapOcsf, kind: CLOUDTRAIL, asRulesKnow: ocsfAsCloudTrail },
  nginx: { map: mapNginx, kind: WEBSERVER, asRulesKnow: webserverOfNginx },
  envoy: { map: mapEnvoy, kind: WEBSERVER, asRulesKnow: webserverOfEnvoy },
  /** Either of the two. */
  'access-log': { map: mapAccessLog, kind: WEBSERVER, asRulesKnow: webserverOfAccessLog },
} as const satisfies Record<string, SourceSpec>;

export type ForeignSource = keyof typeof SPECS;
/** All whose records can be read: our own events, too. */
export type Source = 'native' | ForeignSource;

export const FOREIGN_SOURCE_NAMES = Object.keys(SPECS) as [ForeignSource, ...ForeignSource[]];
export const SOURCE_NAMES = ['native', ...FOREIGN_SOURCE_NAMES] as [Source, ...Source[]];

/** Maps records of a foreign source to events that carry the rules they match. Nothing a source sends makes it throw. */
export function foreignMapper(source: ForeignSource, rules: RuleSet): (record: unknown) => Mapped {
  const { map, kind, asRulesKnow }: SourceSpec = SPECS[source];
  const about = rules.about(kind);
  return (record) => {
    const mapped = map(record);
    if (mapped.kind !== 'event') return mapped;
    return withRules(mapped, asRulesKnow ? asRulesKnow(record as LogRecord) : record, about);
  };
}

/** As `foreignMapper`, and for our own events, which say themselves what rules they match. */
export function mapperOf(source: Source, rules: RuleSet): (record: unknown) => Mapped<StreamEvent> {
  return source === 'native' ? mapNative : foreignMapper(source, rules);
}

/** The id a record has at its source: an event's id without what our mappers put before it. */
export function recordIdOf(source: Source, eventId: string): string {
  return source === 'native' ? eventId : eventId.replace(/^[a-z]+:/, '');
}
