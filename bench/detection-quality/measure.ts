import { existsSync } from 'node:fs';
import type { RuleSet } from '../../detectors/sigma/rule-set';
import { loadRules, ownRules } from '../../workers/rules/load-rules';
import { crsRecall, type CrsFigures } from './crs-recall';
import type { AttackOutcome } from './first-detection';
import { invictusRecall, type InvictusFigures } from './invictus-recall';
import { nab, type NabFigures } from './nab';
import { pantherVerdicts, type PantherFigures } from './panther-verdicts';
import { sigmaRules } from './sigma-rules';
import { stolenKey, type StolenKeyFigures } from './stolen-key';
import { stratusRecall } from './stratus-recall';

/** What was measured, in full: the table is made of it. */
export interface DetectionQuality {
  readonly stratus: readonly AttackOutcome[];
  readonly invictus: InvictusFigures;
  readonly stolenKey: StolenKeyFigures;
  readonly nab: NabFigures;
  readonly panther: PantherFigures | null;
  readonly crs: CrsFigures | null;
  readonly sigmaRules: number | null;
}

/** Runs every measurement of how well attacks are detected. @throws Error when the recorded data is not there */
export async function measureDetectionQuality(
  dataFolder: string,
  report: (line: string) => void,
): Promise<DetectionQuality> {
  if (!existsSync(dataFolder))
    throw new Error(`there is no recorded data in ${dataFolder}: name its folder with --data`);
  const { rules } = loadRules([ownRules()]);
  const step = <T>(name: string, measure: (folder: string, rules: RuleSet) => Promise<T>): Promise<T> => {
    report(`measuring ${name}`);
    return measure(dataFolder, rules);
  };
  return {
    stratus: await step('Stratus techniques', stratusRecall),
    invictus: await step('Invictus runs', invictusRecall),
    stolenKey: await step('the stolen key', stolenKey),
    nab: await step('NAB', nab),
    panther: await step('Panther verdicts', pantherVerdicts),
    crs: await step('CRS requests', crsRecall),
    sigmaRules: await step('Sigma rules', sigmaRules),
  };
}
