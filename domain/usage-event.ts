import { z } from 'zod';
import { intelEvent } from './intel';
import { riskEvent } from './risk-event';
import { isSubject, type Subject } from './subject';

const subject = z.custom<Subject>((value) => typeof value === 'string' && isSubject(value), 'not a subject');
const shortText = z.string().max(512);

/** Different things that can be counted within one burst: each of them is remembered. */
export const MOST_DISTINCT = 50;

/** Objects of one match; what more a record names is not counted. */
export const MOST_OBJECTS = 20;

/** A rule that a record matched where it was taken in. The record itself goes no further: it may hold anything. */
export const ruleMatch = z
  .strictObject({
    id: z.string().min(1).max(64),
    /** Of the rule's author, for a person. */
    title: z.string().min(1).max(120),
    level: z.enum(['informational', 'low', 'medium', 'high', 'critical']),
    /** Says something only when it comes at least so often within five minutes: reading one secret is work, reading all is not. */
    burst: z.number().int().min(2).max(1000).optional(),
    /** What was touched, where a burst counts different things and not uses. Fingerprints: a name could hold anything. */
    objects: z.array(z.string().min(1).max(64)).min(1).max(MOST_OBJECTS).optional(),
  })
  .refine(({ burst = 0, objects }) => objects === undefined || burst <= MOST_DISTINCT, { path: ['burst'] });

/** Rules of one event; what more of them match says nothing new. */
export const MOST_RULES = 8;

/**
 * One use of a credential: when, from where, by which agent, doing what, with what result. `id` is unique for ever and
 * given by the source, so that a redelivery is recognised. Times are milliseconds since the epoch.
 */
export const usageEvent = z.strictObject({
  kind: z.literal('usage'),
  id: z.string().min(1).max(200),
  at: z.number().int().nonnegative(),
  subject,
  /**
   * Whom a short-lived credential was issued to, where the source knows: the role of a session. A new session every hour has no habits; its principal has.
   * What is listed is listed by the subject of its own events, so no credential that can be listed names one.
   */
  principal: subject.optional(),
  /** Which intake saw it: `gateway`, `postgres-log`, `cloudtrail`. */
  source: z.string().max(64),
  /** Who the credential was issued to, where the source knows: a workload's credential in a person's hands is a signal. */
  principalKind: z.enum(['workload', 'person', 'unknown']),
  client: z.strictObject({
    /** The client's address; empty where the records mask it. */
    address: z.string().max(64),
    agent: shortText,
  }),
  action: z.strictObject({
    kind: z.enum(['read', 'write', 'admin', 'login', 'unknown']),
    /** A path template or an API action: bounded in number, so that it can be counted. */
    name: shortText,
  }),
  /** `accepted` = it worked. A refusal says why: `contained` (by us), `authentication`, `authorization`; `failed` = broke for another reason. */
  outcome: z.enum(['accepted', 'contained', 'authentication', 'authorization', 'failed']),
  /** How much was handed out, in bytes, where the source sees answers. */
  bytes: z.number().int().nonnegative().optional(),
  /** Rules (Sigma) that the source's record matched. */
  rules: z.array(ruleMatch).max(MOST_RULES).optional(),
  /** A registered probe of our own: raises no detection. */
  probe: z.string().max(100).optional(),
});

/** A fact that changes what later events mean, in the partition so that the fold stays pure. */
export const controlEvent = z.strictObject({
  kind: z.literal('control'),
  id: z.string().min(1).max(200),
  at: z.number().int().nonnegative(),
  subject,
  /** From now on this subject is revoked, a honeytoken, named by a leak feed, or none of these: then the evidence so far is settled, too. */
  listed: z.enum(['revoked', 'honeytoken', 'leaked', 'none']),
});

/**
 * A gateway's report that a contained credential was used against the limits of its lane, which it has closed. It stands before the use
 * that it speaks of, whose outcome is `contained`.
 */
export const breachEvent = z.strictObject({
  kind: z.literal('breach'),
  id: z.string().min(1).max(200),
  at: z.number().int().nonnegative(),
  subject,
  /** Id of the use. */
  use: z.string().min(1).max(200),
  /** The known context whose lane it was. */
  context: shortText,
  /** `new-endpoint`: it called what it had never called. `rate`: it called several times as often as it may. */
  what: z.enum(['new-endpoint', 'rate']),
  /** The endpoint as `GET /admin/*`, or the number of requests within a minute. */
  detail: shortText,
});

/** From here on the partition judges all there is, or sheds learning: its worker can't keep up. */
export const paceEvent = z.strictObject({
  kind: z.literal('pace'),
  id: z.string().min(1).max(200),
  at: z.number().int().nonnegative(),
  sheds: z.enum(['nothing', 'learning']),
});

export const streamEvent = z.discriminatedUnion('kind', [usageEvent, controlEvent, breachEvent]);

/** All that a partition's stream carries: what concerns one subject, and what concerns all of them. */
export const partitionEvent = z.discriminatedUnion('kind', [
  usageEvent,
  controlEvent,
  breachEvent,
  intelEvent,
  paceEvent,
  riskEvent,
]);

/** One NATS message on `usage.<partition>` carries a batch. */
export const usageBatch = z.strictObject({ events: z.array(streamEvent).min(1).max(1000) });

export type RuleMatch = z.infer<typeof ruleMatch>;
export type UsageEvent = z.infer<typeof usageEvent>;
export type ControlEvent = z.infer<typeof controlEvent>;
export type BreachEvent = z.infer<typeof breachEvent>;
export type PaceEvent = z.infer<typeof paceEvent>;
export type StreamEvent = z.infer<typeof streamEvent>;
export type PartitionEvent = z.infer<typeof partitionEvent>;
export type UsageBatch = z.infer<typeof usageBatch>;
