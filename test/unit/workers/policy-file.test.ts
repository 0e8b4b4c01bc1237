import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { IncidentError } from '../../../domain/errors';
import { DEFAULTS, policyJsonSchema } from '../../../domain/policy-schema';
import { DEFAULT_RISK } from '../../../domain/risk';
import { readPolicy } from '../../../workers/policy-file';
import { temporaryFolder } from '../../support/temporary-folder';

const DOCS = path.resolve(__dirname, '../../../docs');
const folder = temporaryFolder();

function faultsOf(text: string): readonly string[] {
  const file = path.join(folder.path, 'policy.yaml');
  writeFileSync(file, text);
  try {
    readPolicy(file);
  } catch (error) {
    if (error instanceof IncidentError) return error.fields['faults'] as string[];
    throw error;
  }
  return [];
}

test('without a file it is design.md’s own', () => expect(readPolicy(undefined)).toBe(DEFAULTS));

test('every fault is named with the place it stands at', () => {
  const faults = faultsOf(`version: 1
severities:
  high:
    overlapSeconds: 100
    revoke: sometimes
  critical: { overlapSecond: 60 }
overrides:
  - when: { provider: postgres-role }
    severities:
      high: { withoutKnownContext: asks }
holdSeconds: 10
`).map((fault) => fault.replace(/^.*policy\.yaml: /, ''));

  expect(faults).toHaveLength(4);
  expect(faults.join('\n')).toMatch(/line 5, column 13: severities\.high\.revoke: /);
  expect(faults.join('\n')).toMatch(/line 6, column 30: severities\.critical: unknown: overlapSecond/);
  expect(faults.join('\n')).toMatch(/line 10, column 36: overrides\.0\.severities\.high\.withoutKnownContext/);
  expect(faults.join('\n')).toMatch(/line 11, column 14: holdSeconds/);
});

test('so is what its shape allows and design.md does not', () => {
  const [fault, ...others] = faultsOf('version: 1\nseverities:\n  high:\n    withoutKnownContext: ask\n');

  expect(fault).toMatch(/line 4, column 26: severities\.high\.withoutKnownContext: must be deny-all/);
  expect(others).toEqual([]);
});

test('and both at once: a wrong value hides no other fault', () => {
  const faults = faultsOf(`version: 1
severities:
  critical: { overlapSeconds: x }
  high:
    revoke: never
escalation: { steps: [] }
colour: red
`).map((fault) => fault.replace(/^.*policy\.yaml: /, ''));

  expect(faults).toHaveLength(4);
  expect(faults.join('\n')).toMatch(/line 3, column 31: severities\.critical\.overlapSeconds/);
  expect(faults.join('\n')).toMatch(/line 5, column 13: severities\.high\.revoke: must not be never/);
  expect(faults.join('\n')).toMatch(/line 6, column 22: escalation\.steps/);
  expect(faults.join('\n')).toMatch(/line 7, column 9: unknown: colour/);
});

test.each([
  ['a file that is not there', () => readPolicy('/no/such/policy.yaml')],
  ['an empty file', () => faultsOf('') && readPolicy(path.join(folder.path, 'policy.yaml'))],
  ['YAML that does not close', () => faultsOf('version: [') && readPolicy(path.join(folder.path, 'policy.yaml'))],
])('%s is refused', (_what, read) => {
  expect(read).toThrow('CONFIG_INVALID');
});

test('the example of the documentation is one, and means what it says', () => {
  const { policy, budgets } = readPolicy(path.join(DOCS, 'examples/policy.yaml'));

  expect(policy).toMatchObject({ version: 2, severities: { high: { overlapSeconds: 600, revoke: 'when-moved' } } });
  expect(policy.overrides).toHaveLength(2);
  expect(policy.risk).toEqual({ ...DEFAULT_RISK, halfLifeMinutes: 120, confident: 0.85 });
  expect(budgets).toEqual({ windowSeconds: 3600, perProvider: 20, perTeam: 5 });
});

test('the schema for editors is the one that reads the file', () => {
  expect(JSON.parse(readFileSync(path.join(DOCS, 'policy.schema.json'), 'utf8'))).toEqual(
    JSON.parse(JSON.stringify(policyJsonSchema())),
  );
});

test('of a file that is no YAML at all the first faults are named, and not all that follow from them', () => {
  const faults = faultsOf('{"a": "b"}\n'.repeat(1_000));

  expect(faults).toHaveLength(5);
  expect(faults[0]).toMatch(/policy\.yaml: line 2, column 1: /);
});
