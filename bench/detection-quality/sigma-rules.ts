import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { compileRule } from '../../detectors/sigma/compile-rule';
import { IncidentError } from '../../domain/errors';
import { readRecords } from '../../recordings/read-records';

/** The share of the field's Sigma rules that load, or are refused with a reason; null where they are not there. */
export async function sigmaRules(dataFolder: string): Promise<number | null> {
  const file = join(dataFolder, 'sigma-rules.jsonl');
  if (!existsSync(file)) return null;
  let rules = 0;
  let answered = 0;
  for await (const records of readRecords(file)) {
    for (const record of records as readonly { readonly rule: unknown }[]) {
      rules += 1;
      if (isAnswered(record.rule)) answered += 1;
    }
  }
  return answered / rules;
}

function isAnswered(rule: unknown): boolean {
  try {
    compileRule(rule);
    return true;
  } catch (error) {
    return error instanceof IncidentError && error.code === 'SIGMA_RULE_REFUSED';
  }
}
