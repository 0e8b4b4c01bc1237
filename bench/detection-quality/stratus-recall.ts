import { readdir } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { runBacktest } from '../../backtest/run-backtest';
import type { RuleSet } from '../../detectors/sigma/rule-set';
import { withoutAttackTool } from './attack-tool';

export interface StratusFigures {
  readonly techniques: number;
  readonly recalled: number;
  readonly missed: readonly string[];
}

/** One file a technique, all of it attack: recalled when there is a detection. Each begins with nothing learnt. */
export async function stratusRecall(dataFolder: string, rules: RuleSet): Promise<StratusFigures> {
  const folder = join(dataFolder, 'cloudtrail/stratus');
  const files = (await readdir(folder)).filter((name) => name.endsWith('.json')).sort();
  const missed: string[] = [];
  for (const name of files) {
    const { summary } = await runBacktest(
      { source: 'cloudtrail', files: [join(folder, name)], rules, prepare: withoutAttackTool },
      () => undefined,
    );
    if (summary.detections === 0) missed.push(basename(name, '.json'));
  }
  return { techniques: files.length, recalled: files.length - missed.length, missed };
}
