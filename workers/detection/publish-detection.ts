import { jetstream } from '@nats-io/jetstream';
import type { NatsConnection } from '@nats-io/transport-node';
import type { Logger } from 'pino';
import type { InventoryRecord } from '../../domain/credential';
import type { Assessment, DetectionMessage } from '../../domain/detection';
import { atLeast, type Severity } from '../../domain/severity';
import type { Subject } from '../../domain/subject';
import { untilDone } from '../sources/back-off';
import type { DetectionCounters } from './counters';

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

/**
 * Refuses first, then tells: the hold must not wait for anybody who reads the detection. Rejects only when `signal` is aborted; called again
 * with the same message it changes nothing, since holds only tighten and the stream knows the id.
 */
export async function publishDetection(
  parts: PublishingParts,
  found: Omit<DetectionMessage, 'hold'>,
  partition: number,
  held: Held,
  signal: AbortSignal,
): Promise<void> {
  const { nats, log, counters, inventory, weigh } = parts;
  const record = inventory.lookup(found.detection.subject);
  const message = record ? { ...found, assessment: weigh(found.assessment, record) } : found;
  const { id } = message.detection;
  const hold = await refuseFirst(parts, message, held);
  const content: DetectionMessage = { ...message, ...(hold ? { hold } : {}) };
  await untilDone(
    () => jetstream(nats).publish(`detections.${partition}`, JSON.stringify(content), { msgID: id, timeout: 2_000 }),
    {
      signal,
      onFailure: (error) =>
        log.warn({ error: nameOf(error), detection: id }, 'a detection is not stored yet; tried again'),
    },
  );
  counters.detections += 1;
}

async function refuseFirst(
  { hold, holdFrom, inventory, log, counters }: PublishingParts,
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
  try {
    const written = await hold(message, record);
    if (written) counters.holds += 1;
    held.set(subject, { severity, hold: written });
    return written;
  } catch (error) {
    // The workflow contains as well, so a detection that waited for a failing denylist would only be later.
    counters.holdFailures += 1;
    log.error(
      { error: nameOf(error), credential: record.credentialId, version: record.version },
      'the hold could not be written; the detection goes on without it',
    );
    return undefined;
  }
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

function nameOf(error: unknown): string {
  return error instanceof Error ? error.name : typeof error;
}
