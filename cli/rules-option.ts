import type { Option } from 'commander';
import type { RuleSet } from '../detectors/sigma/rule-set';
import { rulesWithoutSource } from '../detectors/sources/rules-without-source';
import { loadRules, ownRules } from '../workers/rules/load-rules';
import { repeatableOption } from './repeatable-option';

export function rulesOption(): Option {
  return repeatableOption(
    '--rules <folder>',
    'ask the Sigma rules in this folder or file, too, beside those that come with Tourniquet',
  );
}

/** Our own rules and those in the folders and files. A rule that is refused is told, and takes no other with it; so are those that can match nothing. */
export function rulesOf(folders: readonly string[]): RuleSet {
  const { rules, refused } = loadRules([ownRules(), ...folders]);
  for (const { message } of refused) process.stderr.write(`${message}\n`);
  const unasked = rulesWithoutSource(rules);
  if (unasked !== undefined) process.stderr.write(`${unasked}\n`);
  return rules;
}
