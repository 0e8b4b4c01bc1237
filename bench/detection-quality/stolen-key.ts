import { join } from 'node:path';
import { runBacktest } from '../../backtest/run-backtest';
import type { DetectionLine } from '../../backtest/detection-line';
import type { RuleSet } from '../../detectors/sigma/rule-set';
import { firstDetection, recordedUses } from './first-detection';

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
  const file = join(dataFolder, 'cloudtrail/otrf-cloud-breach-s3.jsonl');
  const uses = (await recordedUses(file)).filter(({ subject }) => subject.endsWith(STOLEN));
  const told: DetectionLine[] = [];
  await runBacktest({ source: 'cloudtrail', files: [file], rules }, (line) => told.push(line));
  const first = firstDetection(
    uses,
    told.filter(({ credential }) => credential === STOLEN),
  );
  return {
    events: first?.event ?? null,
    seconds: first?.seconds ?? null,
    others: told.filter(({ credential }) => credential !== STOLEN).length,
  };
}
