import { createHash } from 'node:crypto';
import type { Subject } from '../domain/subject';

/** The same finding about the same event has the same id, however often the event is folded: redelivery is harmless. `topic` begins with the detector's id. */
export function detectionId(topic: string, subject: Subject, eventId: string): string {
  return createHash('sha256').update(`${topic}|${subject}|${eventId}`).digest('hex');
}
