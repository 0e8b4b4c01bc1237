import { readdir } from 'node:fs/promises';
import { basename, join } from 'node:path';
import type { DetectionLine } from '../../backtest/detection-line';
import { runBacktest } from '../../backtest/run-backtest';
import type { RuleSet } from '../../detectors/sigma/rule-set';
import { withoutAttackTool } from './attack-tool';
import { firstDetection, recordedUses, type AttackOutcome } from './first-detection';

/** One file a technique, all of it attack: recalled when there is a detection. Each begins with nothing learnt. */
export async function stratusRecall(dataFolder: string, rules: RuleSet): Promise<readonly AttackOutcome[]> {
  const folder = join(dataFolder, 'cloudtrail/stratus');
  const names = (await readdir(folder)).filter((name) => name.endsWith('.json')).sort();
  const outcomes: AttackOutcome[] = [];
  for (const name of names) {
    const file = join(folder, name);
    const told: DetectionLine[] = [];
    await runBacktest({ source: 'cloudtrail', files: [file], rules, prepare: withoutAttackTool }, (line) =>
      told.push(line),
    );
    const uses = await recordedUses(file);
    outcomes.push({ name: basename(name, '.json'), events: uses.length, first: firstDetection(uses, told) });
  }
  return outcomes;
}
