import { setTimeout as delay } from 'node:timers/promises';
import { jetstream } from '@nats-io/jetstream';
import type { NatsConnection } from '@nats-io/transport-node';
import type { Logger } from 'pino';
import type { InventoryRecord } from '../../domain/credential';
import type { Assessment, DetectionMessage } from '../../domain/detection';
import { atLeast, type Severity } from '../../domain/severity';
import type { Subject } from '../../domain/subject';
import { untilDone } from '../sources/back-off';
import type { DetectionCounters } from './counters';
import { nameOf } from '../../domain/name-of';

/** Refuses the subject at every gateway at once; undefined when it wrote nothing. */
export type Hold = (
  message: DetectionMessage,
  record: InventoryRecord,
) => Promise<{ denylistRevision: number; at: number } | undefined>;

/** What one usage message has led to so far: several detectors speak of the same event, and one hold is enough for all. */
export type Held = Map<Subject, { readonly severity: Severity; readonly hold: Awaited<ReturnType<Hold>> }>;

export interface PublishingParts {
  readonly nats: NatsConnection;
  readonly hold: Hold;
  readonly inventory: { lookup(subject: Subject): InventoryRecord | undefined };
  readonly log: Logger;
  readonly counters: DetectionCounters;
  /** What the policy makes of evidence against a credential. */
  readonly weigh: (assessment: Assessment, record: InventoryRecord) => Assessment;
  /** From which severity on a hold is written. */
  readonly holdFrom: Severity;
}

/** A detection on its way to the stream. */
export interface Prepared {
  readonly message: Omit<DetectionMessage, 'hold'>;
  /** Under way where it failed at first. Never rejects. */
  readonly hold: ReturnType<Hold>;
}

/** Before a hold that failed is tried once more: a server that starts again is there by then, mostly. */
const HOLD_AGAIN_MS = 1_000;

/**
 * Refuses first: the hold must not wait for anybody who reads the detection, nor for the stream that takes it. Called again with the same message it changes
 * nothing, since holds only tighten.
 */
export async function prepareDetection(
  parts: PublishingParts,
  found: Omit<DetectionMessage, 'hold'>,
  held: Held,
): Promise<Prepared> {
  const { inventory, weigh } = parts;
  const record = inventory.lookup(found.detection.subject);
  const message = record ? { ...found, assessment: weigh(found.assessment, record) } : found;
  try {
    return { message, hold: Promise.resolve(await refuseFirst(parts, message, held)) };
  } catch (error) {
    tellOfFailure(parts, message, error, 'tried once more, beside the next messages');
    return { message, hold: holdAgain(parts, message, held) };
  }
}

/** Stores a detection. Rejects only when `signal` is aborted; called again it changes nothing, since the stream knows the id. */
export async function storeDetection(
  parts: PublishingParts,
  partition: number,
  prepared: Prepared,
  signal: AbortSignal,
): Promise<void> {
  const { nats, log, counters } = parts;
  const { message } = prepared;
  const hold = await prepared.hold;
  const { id } = message.detection;
  const content = JSON.stringify({ ...message, ...(hold ? { hold } : {}) } satisfies DetectionMessage);
  await untilDone(() => jetstream(nats).publish(`detections.${partition}`, content, { msgID: id, timeout: 2_000 }), {
    signal,
    onFailure: (error) =>
      log.warn({ error: nameOf(error), detection: id }, 'a detection is not stored yet; tried again'),
  });
  counters.detections += 1;
}

/** The workflow contains as well, so a detection that waited longer for a failing denylist would only be later. */
async function holdAgain(
  parts: PublishingParts,
  message: Omit<DetectionMessage, 'hold'>,
  held: Held,
): ReturnType<Hold> {
  try {
    await delay(HOLD_AGAIN_MS);
    return await refuseFirst(parts, message, held);
  } catch (error) {
    parts.counters.holdFailures += 1;
    tellOfFailure(parts, message, error, 'the detection goes on without it');
    return undefined;
  }
}

async function refuseFirst(
  { hold, holdFrom, inventory, counters }: PublishingParts,
  message: Omit<DetectionMessage, 'hold'>,
  held: Held,
): ReturnType<Hold> {
  const { subject } = message.detection;
  const breaksLane = isLaneBreach(message);
  // Refused to everybody: nothing graver can come.
  const severity = breaksLane ? 'critical' : message.assessment.severity;
  const before = held.get(subject);
  if (before && !breaksLane && atLeast(before.severity, severity)) return before.hold;
  const record = inventory.lookup(subject);
  if (!record || !(breaksLane || mayBeHeld(message, record, holdFrom))) return undefined;
  const written = await hold(message, record);
  if (written) counters.holds += 1;
  held.set(subject, { severity, hold: written });
  return written;
}

function tellOfFailure(
  { inventory, log }: PublishingParts,
  { detection }: Omit<DetectionMessage, 'hold'>,
  error: unknown,
  next: string,
): void {
  const { credentialId: credential, version } = inventory.lookup(detection.subject) ?? {};
  log.error({ error: nameOf(error), credential, version }, `the hold could not be written; ${next}`);
}

/** Whatever its severity: the lane was the exception, and is over (write-hold.ts looks whether there is one). */
export function isLaneBreach({ detection }: Pick<DetectionMessage, 'detection'>): boolean {
  return detection.family === 'lane';
}

/** design.md rules 3 and 13: what a gateway can refuse, and never our own or break-glass credentials. */
export function mayBeHeld(
  { assessment }: Omit<DetectionMessage, 'hold'>,
  record: InventoryRecord,
  holdFrom: Severity,
): boolean {
  return (
    atLeast(assessment.severity, holdFrom) &&
    record.protection === 'normal' &&
    record.enforcement === 'gateway' &&
    record.state === 'live'
  );
}
