import { SCANNERS } from '../../../cli/scanner-findings';

const VALUE = 'a-made-up-value';

it.each([
  [
    'gitleaks',
    { RuleID: 'generic', Secret: VALUE, File: 'config/app.yml', StartLine: 7, Commit: 'abcdef0123456789', Match: '…' },
    'gitleaks: config/app.yml:7 at abcdef012345',
  ],
  ['gitleaks', { Secret: VALUE }, 'gitleaks: :?'],
  [
    'trufflehog',
    { SourceMetadata: { Data: { Git: { file: 'app.py', line: 3, commit: 'abc' } } }, DetectorName: 'X', Raw: VALUE },
    'trufflehog: Git:app.py:3',
  ],
  ['trufflehog', { Raw: VALUE }, 'trufflehog: '],
])('%s: a finding is read', (scanner, record, place) => {
  expect(SCANNERS[scanner]?.(record)).toMatchObject({ tokens: [VALUE], place });
});

it('takes every form of a value that the scanner gives, and what it calls its kind', () => {
  const aws = { DetectorName: 'AWS', Raw: 'AKIAIOSFODNN7EXAMPLE', RawV2: `AKIAIOSFODNN7EXAMPLE:${VALUE}` };

  expect(SCANNERS['trufflehog']?.(aws)).toMatchObject({ tokens: [aws.RawV2, aws.Raw], type: 'AWS' });
  expect(SCANNERS['gitleaks']?.({ RuleID: 'aws-access-token', Secret: VALUE })).toMatchObject({
    type: 'aws-access-token',
  });
});

it.each(['REDACTED', 'tqt_Yx...'])('a finding whose value was redacted to %s can not be looked for', (Secret) => {
  expect(SCANNERS['gitleaks']?.({ RuleID: 'x', Secret })).toBeUndefined();
});

it.each(Object.keys(SCANNERS))('%s: what is no finding is none', (scanner) => {
  expect([null, 7, {}, { Secret: '', Raw: '' }, []].map((record) => SCANNERS[scanner]?.(record))).toEqual([
    undefined,
    undefined,
    undefined,
    undefined,
    undefined,
  ]);
});
