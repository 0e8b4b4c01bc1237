import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { CLOUDTRAIL } from '../../detectors/sources/cloudtrail';
import { withOpenPolicies } from '../../detectors/sources/policy-opens';
import type { RuleSet } from '../../detectors/sigma/rule-set';
import { readRecords } from '../../recordings/read-records';

interface RuleTest {
  readonly rule: string;
  readonly log_types: readonly string[] | null;
  readonly expected: boolean;
  readonly event: object;
  /** What Panther's test replaces of the rule's own code: then its verdict is not of the event alone. */
  readonly mocks: unknown;
}

export interface PantherFigures {
  /** Tests of the rules we cover, and those on which we agree. */
  readonly tests: number;
  readonly agreed: number;
  /** Panther's rules for CloudTrail of which one of ours recognises at least one hostile test, and all of them. */
  readonly covered: number;
  readonly rules: number;
}

/**
 * Verdicts on Panther's own rule tests for CloudTrail. A rule of theirs is covered when one of ours fires on one of its hostile tests; we agree on a test when
 * those of ours fire on what is hostile, and none of them on what is not. Null: not there.
 */
export async function pantherVerdicts(dataFolder: string, rules: RuleSet): Promise<PantherFigures | null> {
  const file = join(dataFolder, 'panther-rule-tests.jsonl');
  if (!existsSync(file)) return null;
  const about = rules.about(CLOUDTRAIL);
  const byRule = new Map<string, (readonly [hostile: boolean, fired: readonly string[]])[]>();
  for await (const records of readRecords(file)) {
    for (const { rule, log_types: types, expected, event, mocks } of records as readonly RuleTest[]) {
      if (types?.join() !== 'AWS.CloudTrail' || mocks !== null) continue;
      const fired = about.matchesOf(withOpenPolicies(event as Record<string, unknown>)).map(({ id }) => id);
      byRule.set(rule, [...(byRule.get(rule) ?? []), [expected, fired]]);
    }
  }
  const figures = { tests: 0, agreed: 0, covered: 0, rules: byRule.size };
  for (const tests of byRule.values()) {
    const ours = new Set(tests.flatMap(([hostile, fired]) => (hostile ? fired : [])));
    if (ours.size === 0) continue;
    figures.covered += 1;
    figures.tests += tests.length;
    figures.agreed += tests.filter(([hostile, fired]) => fired.some((id) => ours.has(id)) === hostile).length;
  }
  return figures;
}
