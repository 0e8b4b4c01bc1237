import { randomBytes } from 'node:crypto';
import type { Bucket } from '../enforcement/buckets';
import type { NatsConfig } from './nats-server';

/** Who speaks on NATS. `admin` sets up streams and buckets and belongs to people; no process of the product runs as it. */
export const NATS_ROLES = ['admin', 'detection', 'dispatcher', 'response', 'gateway', 'api', 'dependent'] as const;

export type NatsRole = (typeof NATS_ROLES)[number];

export interface NatsUser {
  readonly user: NatsRole;
  readonly password: string;
}

export interface NatsRoles {
  readonly users: Readonly<Record<NatsRole, NatsUser>>;
  /** What nats-server's configuration needs to hold every role to its subjects. */
  readonly serverConfig: NatsConfig;
}

/**
 * Makes a user a role, each with a password of its own and the subjects it needs, and no others. Passwords that exist already can be given
 * by `passwordOf`.
 */
export function makeNatsRoles(
  passwordOf: (role: NatsRole) => string = () => randomBytes(24).toString('base64url'),
): NatsRoles {
  const users = Object.fromEntries(
    NATS_ROLES.map((role) => [role, { user: role, password: passwordOf(role) }]),
  ) as Record<NatsRole, NatsUser>;
  const entries = NATS_ROLES.map((role) => ({ ...users[role], permissions: permissionsOf(role) }));
  return { users, serverConfig: { authorization: { users: entries } } };
}

/** Answers come back under a prefix of the role's own, so that no role can listen to another's. */
export function inboxOf(role: string): string {
  return `_INBOX_${role}`;
}

/** The subjects a role may publish to; it may subscribe to its own inbox only. The same lists are documented for real clusters. */
export function permissionsOf(role: NatsRole): {
  readonly publish: { readonly allow: readonly string[] };
  readonly subscribe: { readonly allow: readonly string[] };
} {
  const publish = role === 'admin' ? ['>'] : ['$JS.API.INFO', '$JS.FC.>', ...PUBLISH[role]];
  return { publish: { allow: publish }, subscribe: { allow: role === 'admin' ? ['>'] : [`${inboxOf(role)}.>`] } };
}

/** Look up a stream: every role checks that what it uses is there. */
const lookAt = (stream: string): string[] => [`$JS.API.STREAM.INFO.${stream}`];

/** Read a bucket: single keys, and a watch, which is a consumer of the reader's own. */
const readBucket = (bucket: Bucket): string[] => [
  ...lookAt(`KV_${bucket}`),
  `$JS.API.DIRECT.GET.KV_${bucket}.>`,
  `$JS.API.CONSUMER.CREATE.KV_${bucket}.>`,
  `$JS.API.CONSUMER.INFO.KV_${bucket}.>`,
  `$JS.API.CONSUMER.DELETE.KV_${bucket}.>`,
  `$JS.API.CONSUMER.MSG.NEXT.KV_${bucket}.>`,
];

const writeBucket = (bucket: Bucket): string[] => [...readBucket(bucket), `$KV.${bucket}.>`];

/** Consume a stream through durable consumers with this name, or name prefix. */
const consume = (stream: string, consumer: string): string[] => [
  ...lookAt(stream),
  `$JS.API.CONSUMER.CREATE.${stream}.${consumer}`,
  `$JS.API.CONSUMER.CREATE.${stream}.${consumer}.>`,
  `$JS.API.CONSUMER.INFO.${stream}.${consumer}`,
  `$JS.API.CONSUMER.MSG.NEXT.${stream}.${consumer}`,
  `$JS.API.CONSUMER.UNPIN.${stream}.${consumer}`,
  `$JS.ACK.${stream}.>`,
];

const ALL_STREAMS = ['USAGE', 'DETECTIONS', 'DEADLETTERS'].flatMap(lookAt);

const PUBLISH: Readonly<Record<Exclude<NatsRole, 'admin'>, readonly string[]>> = {
  detection: [
    ...ALL_STREAMS,
    ...consume('USAGE', '*'),
    '$JS.API.DIRECT.GET.USAGE',
    '$JS.API.STREAM.MSG.GET.USAGE',
    'usage.*',
    'detections.*',
    'deadletter.>',
    ...writeBucket('denylist'),
    ...writeBucket('snapshots'),
    ...writeBucket('idle-subjects'),
    ...writeBucket('positions'),
    ...writeBucket('sightings'),
    ...readBucket('inventory'),
    ...readBucket('intel'),
  ],
  dispatcher: [...ALL_STREAMS, ...consume('DETECTIONS', 'dispatcher'), 'deadletter.>', ...readBucket('inventory')],
  response: [
    ...ALL_STREAMS,
    // Only to tell the detectors that a version is revoked, and which threat lists are in force.
    'usage.*',
    ...writeBucket('denylist'),
    ...writeBucket('inventory'),
    ...writeBucket('credentials'),
    ...readBucket('acks'),
    ...readBucket('gateways'),
    ...readBucket('sightings'),
    ...writeBucket('intel'),
  ],
  gateway: [
    ...lookAt('USAGE'),
    'usage.*',
    ...readBucket('denylist'),
    ...readBucket('inventory'),
    ...writeBucket('gateways'),
  ],
  // The denylist for gateways that lost their own way to it.
  api: [...lookAt('USAGE'), 'usage.*', ...readBucket('inventory'), ...readBucket('denylist')],
  dependent: [...readBucket('credentials'), ...writeBucket('acks')],
};
