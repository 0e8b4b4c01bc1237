import type { Option } from 'commander';
import type { RuleSet } from '../detectors/sigma/rule-set';
import { loadRules, ownRules } from '../workers/rules/load-rules';
import { repeatableOption } from './repeatable-option';

export function rulesOption(): Option {
  return repeatableOption(
    '--rules <folder>',
    'ask the Sigma rules in this folder or file, too, beside those that come with Tourniquet',
  );
}

/** Our own rules and those in the folders and files. A rule that is refused is told, and takes no other with it. */
export function rulesOf(folders: readonly string[]): RuleSet {
  const { rules, refused } = loadRules([ownRules(), ...folders]);
  for (const { message } of refused) process.stderr.write(`${message}\n`);
  return rules;
}
