import type { PartitionEvent, UsageEvent } from '../../../domain/usage-event';
import type { Detector, Sample } from '../../../detectors/detector';
import type { AskList } from '../../../detectors/listings';
import { NOWHERE, type Place } from '../../../detectors/located-event';
import { foldPartition, type FoldResult } from '../../../detectors/partition-fold';
import {
  emptyPartition,
  emptySubject,
  type PartitionState,
  type SubjectState,
} from '../../../detectors/partition-state';
import { storedRows, takeInHand, type RowValues } from '../../../detectors/rows';
import { SAMPLE_SUBJECT } from '../../../detectors/sample-life';
import { partitionJson, restorePartition } from '../../../detectors/stored-state';

export type Message = FoldResult['messages'][number];

export function locateIn(places: Readonly<Record<string, Place>>): (event: UsageEvent) => Place {
  return (event) => places[event.client.address] ?? NOWHERE;
}

/** What the lists of a sample say of its addresses. */
export function askIn(listed: Sample['listed'] = {}): AskList {
  return (content, address) => (listed[address]?.includes(content.charAt(0)) ? { until: 0, sources: 1 } : undefined);
}

/** Folds everything in one call. */
export function foldAll(
  events: readonly PartitionEvent[],
  places: Readonly<Record<string, Place>>,
  detectors?: readonly Detector[],
  listed?: Sample['listed'],
): FoldResult {
  const options = { locate: locateIn(places), askList: askIn(listed) };
  return foldPartition(emptyPartition(), events, { ...options, ...(detectors ? { detectors } : {}) });
}

export function foldSample(sample: Sample, detectors?: readonly Detector[]): FoldResult {
  return foldAll(sample.events, sample.places, detectors, sample.listed);
}

/** What a detector has of a subject, where it is not as it began. */
export function rowsOf(subject: SubjectState | undefined, detector: string): RowValues {
  return storedRows(subject?.numbers ?? [])[detector] ?? {};
}

/** A subject never seen: all rows are its own from here on. */
export function newSubjectInHand(): SubjectState {
  const subject = emptySubject(SAMPLE_SUBJECT);
  takeInHand(subject);
  return subject;
}

/** What a snapshot written and read back holds. */
export function throughSnapshot(state: PartitionState): PartitionState {
  const restored = restorePartition(JSON.parse(partitionJson(state)));
  if (!restored) throw new Error('the snapshot could not be restored');
  return restored;
}

/** Puts events in the order of their times, as a gateway sees them. */
export function inOrder(...lives: readonly (readonly UsageEvent[])[]): UsageEvent[] {
  return lives.flat().sort((a, b) => a.at - b.at);
}

export function idsOf(messages: readonly Message[]): string[] {
  return messages.map((message) => message.detection.id);
}
