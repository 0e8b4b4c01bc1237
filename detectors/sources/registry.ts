import { mapAccessLog } from './access-log';
import { mapCloudTrail } from './cloudtrail';
import { mapEnvoy } from './envoy';
import type { Mapped } from './mapped';
import { mapNative } from './native';
import { mapNginx } from './nginx';
import { mapOcsf } from './ocsf';

/** Records of other systems, one line each: a record as parsed JSON becomes one of our events. */
export const FOREIGN_SOURCES = {
  cloudtrail: mapCloudTrail,
  ocsf: mapOcsf,
  nginx: mapNginx,
  envoy: mapEnvoy,
  /** Either of the two. */
  'access-log': mapAccessLog,
} as const satisfies Record<string, (record: unknown) => Mapped>;

/** All whose records can be read: our own events, too. */
export const SOURCES = { native: mapNative, ...FOREIGN_SOURCES } as const;

export type ForeignSource = keyof typeof FOREIGN_SOURCES;
export type Source = keyof typeof SOURCES;

export const FOREIGN_SOURCE_NAMES = Object.keys(FOREIGN_SOURCES) as [ForeignSource, ...ForeignSource[]];
export const SOURCE_NAMES = Object.keys(SOURCES) as [Source, ...Source[]];

/** The id a record has at its source: an event's id without what our mappers put before it. */
export function recordIdOf(source: Source, eventId: string): string {
  return source === 'native' ? eventId : eventId.replace(/^[a-z]+:/, '');
}
