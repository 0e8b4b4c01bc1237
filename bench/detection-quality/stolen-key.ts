import { join } from 'node:path';
import { runBacktest } from '../../backtest/run-backtest';
import type { DetectionLine } from '../../backtest/detection-line';
import type { RuleSet } from '../../detectors/sigma/rule-set';
import { mapCloudTrail } from '../../detectors/sources/cloudtrail';
import { forEachInTime } from '../../recordings/merge-files';

const STOLEN = 'ASIA5FLZVX4OPVKKVBMX';

export interface StolenKeyFigures {
  /** Which of the key's events completed the first detection, counted from 1; null when none did. */
  readonly events: number | null;
  /** From the key's first event to that one. */
  readonly seconds: number | null;
  /** Detections of other keys. */
  readonly others: number;
}

/** How soon the stolen key of the recorded breach is detected. */
export async function stolenKey(dataFolder: string, rules: RuleSet): Promise<StolenKeyFigures> {
  const files = [join(dataFolder, 'cloudtrail/otrf-cloud-breach-s3.jsonl')];
  const uses: { readonly id: string; readonly at: number }[] = [];
  await forEachInTime(files, mapCloudTrail, ({ id, at, subject }) => {
    if (subject.endsWith(STOLEN)) uses.push({ id, at });
  });
  const told: DetectionLine[] = [];
  await runBacktest({ source: 'cloudtrail', files, rules }, (line) => told.push(line));
  const first = told.find(({ credential }) => credential === STOLEN);
  const index = uses.findIndex(({ id }) => id === `cloudtrail:${first?.eventId}`);
  const use = uses[index];
  return {
    events: use ? index + 1 : null,
    seconds: use ? (use.at - (uses[0]?.at ?? use.at)) / 1000 : null,
    others: told.filter(({ credential }) => credential !== STOLEN).length,
  };
}
