import type { DetectionLine } from '../../backtest/detection-line';
import { mapCloudTrail } from '../../detectors/sources/cloudtrail';
import { recordIdOf } from '../../detectors/sources/registry';
import { forEachInTime } from '../../recordings/merge-files';

/** One use in a recording. */
export interface RecordedUse {
  /** Of the usage event. */
  readonly id: string;
  /** Milliseconds since the epoch. */
  readonly at: number;
  readonly subject: string;
}

export interface FirstDetection {
  /** Which of the attack's events completed it, counted from 1. */
  readonly event: number;
  /** From the attack's first event to that one. */
  readonly seconds: number;
  /** The detector that said so. */
  readonly detector: string;
}

/** What became of one recorded attack. */
export interface AttackOutcome {
  readonly name: string;
  readonly events: number;
  /** Null: none of its events completed a detection. */
  readonly first: FirstDetection | null;
}

/** The uses of CloudTrail records, in the order of time. */
export async function recordedUses(file: string): Promise<readonly RecordedUse[]> {
  const uses: RecordedUse[] = [];
  await forEachInTime([file], mapCloudTrail, ({ id, at, subject }) => void uses.push({ id, at, subject }));
  return uses;
}

/** The first of an attack's events, in the order of time, that a detection among those told was completed by. */
export function firstDetection(uses: readonly RecordedUse[], told: readonly DetectionLine[]): FirstDetection | null {
  const detectors = new Map<string, string>();
  for (const { eventId, detector } of told) if (!detectors.has(eventId)) detectors.set(eventId, detector);
  const index = uses.findIndex(({ id }) => detectors.has(recordIdOf('cloudtrail', id)));
  const [begin, use] = [uses[0], uses[index]];
  if (!begin || !use) return null;
  return {
    event: index + 1,
    seconds: (use.at - begin.at) / 1000,
    detector: detectors.get(recordIdOf('cloudtrail', use.id)) ?? '',
  };
}

export function recalled(outcomes: readonly AttackOutcome[]): readonly AttackOutcome[] {
  return outcomes.filter(({ first }) => first !== null);
}
