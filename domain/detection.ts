import { z } from 'zod';
import { LAST_TIME } from './last-time';
import { MOST_EVENT_IDS } from './event-ids';
import { FAMILIES } from './families';
import { SEVERITIES } from './severity';
import { isSubject, type Subject } from './subject';

const subject = z.custom<Subject>((value) => typeof value === 'string' && isSubject(value), 'not a subject');

/** Milliseconds since the epoch, as far as a Date goes. */
const time = z.number().int().nonnegative().max(LAST_TIME);

const eventIds = z.array(z.string().max(200)).max(MOST_EVENT_IDS);

/** One detector's finding about one subject. `id` is derived from detector, subject and event, so a replay gives the same. */
export const detection = z.strictObject({
  id: z.string().min(1).max(200),
  detector: z.string().max(64),
  family: z.enum(FAMILIES),
  subject,
  /** Time of the event that completed the evidence, milliseconds since the epoch. */
  at: time,
  severity: z.enum(SEVERITIES),
  /** 0 to 1: the chance that the detector is right, alone. */
  confidence: z.number().min(0).max(1),
  /** A fact that needs no judgement: honeytoken, verified exposure, use of a version known leaked or revoked. */
  deterministic: z.boolean(),
  /** One sentence for a person. */
  reason: z.string().max(500),
  /**
   * The events that all evidence against the subject rests on at that time: those of other families, then those of its own, each in the order in
   * which they came, and last of all the one that completed it. Of many the first stays, the one that each family's word comes from, and the latest.
   */
  eventIds,
});

/** Everything known against one subject at one moment. */
export const assessment = z.strictObject({
  severity: z.enum(SEVERITIES),
  confidence: z.number().min(0).max(1),
  families: z.array(z.enum(FAMILIES)),
  deterministic: z.boolean(),
  /** Time of the earliest event that the evidence rests on. */
  firstAbuseAt: time,
  /** One sentence: why. */
  reason: z.string().max(1000),
  /** The events that prove it: those of the detections it was joined from (`provenBy`), one detection's after another's. The detection side leaves them out. */
  eventIds: eventIds.optional(),
  /** The one of them that completed the gravest of those detections; without it, the last. */
  gravestEventId: z.string().max(200).optional(),
});

/** What the detection side publishes on `detections`: the finding, and what it adds up to. */
export const detectionMessage = z.strictObject({
  detection,
  assessment,
  /** The hold the detection side wrote before it published this, if it did. */
  hold: z.strictObject({ denylistRevision: z.number().int().positive(), at: z.number().int() }).optional(),
});

export type Detection = z.infer<typeof detection>;
export type Assessment = z.infer<typeof assessment>;
export type DetectionMessage = z.infer<typeof detectionMessage>;
