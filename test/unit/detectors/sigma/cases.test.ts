import { compileRule } from '../../../../detectors/sigma/compile-rule';
import { SIGMA_CASES } from '../../../support/sigma-cases';

test.each(SIGMA_CASES.map((one) => [one.name, one] as const))('%s', (name, { detection, match, nearMiss }) => {
  const rule = compileRule({ id: 'rule', title: name, logsource: {}, detection });

  expect([rule.matches(match), rule.matches(nearMiss)]).toEqual([true, false]);
});
