import type { StreamEvent, UsageEvent } from '../../../domain/usage-event';
import type { Detector, Sample } from '../../../detectors/detector';
import { NOWHERE, type Place } from '../../../detectors/located-event';
import { foldPartition, type FoldResult } from '../../../detectors/partition-fold';
import { emptyPartition, restorePartition, type PartitionState } from '../../../detectors/partition-state';

export type Message = FoldResult['messages'][number];

export function locateIn(places: Readonly<Record<string, Place>>): (event: UsageEvent) => Place {
  return (event) => places[event.client.address] ?? NOWHERE;
}

/** Folds everything in one call. */
export function foldAll(
  events: readonly StreamEvent[],
  places: Readonly<Record<string, Place>>,
  detectors?: readonly Detector[],
): FoldResult {
  return foldPartition(emptyPartition(), events, { locate: locateIn(places), ...(detectors ? { detectors } : {}) });
}

export function foldSample(sample: Sample, detectors?: readonly Detector[]): FoldResult {
  return foldAll(sample.events, sample.places, detectors);
}

/** What a snapshot written and read back holds. */
export function throughSnapshot(state: PartitionState): PartitionState {
  const restored = restorePartition(JSON.parse(JSON.stringify(state)));
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
