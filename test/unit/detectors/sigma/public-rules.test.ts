import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { compileRule } from '../../../../detectors/sigma/compile-rule';

/** Rules of the field, beside a checkout and never in it; see the README there. */
const RULES = join(__dirname, '../../../../../shared/data/sigma-rules.jsonl');

(existsSync(RULES) ? test : test.skip)(
  'public rules for web, cloud, applications and identity load (skipped: not here)',
  () => {
    const rules = readFileSync(RULES, 'utf8')
      .split('\n')
      .filter(Boolean)
      .map((line) => (JSON.parse(line) as { readonly rule: unknown }).rule);

    const compiled = rules.map((rule) => compileRule(rule));

    expect(compiled.length).toBeGreaterThan(300);
    for (const rule of compiled) expect(typeof rule.matches({ eventName: 'GetUser' })).toBe('boolean');
  },
);
