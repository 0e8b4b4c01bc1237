import { withOpenPolicies } from '../../../detectors/sources/policy-opens';
import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { rulesWithoutSource } from '../../../detectors/sources/rules-without-source';
import { liveRules, loadRules, ownRules } from '../../../workers/rules/load-rules';
import { temporaryFolder } from '../../support/temporary-folder';

const CLOUDTRAIL = { product: 'aws', service: 'cloudtrail' };

const STOPS_TRAIL = { eventSource: 'cloudtrail.amazonaws.com', eventName: 'StopLogging' };

const temporary = temporaryFolder();

const own = loadRules([ownRules()]);

const titlesOf = (record: Record<string, unknown>): readonly string[] =>
  own.rules
    .about(CLOUDTRAIL)
    .matchesOf(withOpenPolicies(record))
    .map(({ title }) => title);

test('every rule of ours loads, and none has the id of another', () => {
  expect(own.refused).toEqual([]);
  expect(own.ids.length).toBeGreaterThanOrEqual(40);
  expect(new Set(own.ids).size).toBe(own.ids.length);
});

test.each<[string, string, Record<string, unknown>]>([
  ['Audit logging is stopped', 'cloudtrail:StopLogging', {}],
  [
    'Objects of a bucket are made to expire within days',
    's3:PutBucketLifecycle',
    { LifecycleConfiguration: { Rule: { Expiration: { Days: 1 } } } },
  ],
  ['A port is opened to every address', 'ec2:AuthorizeSecurityGroupIngress', { cidrIp: '0.0.0.0/0' }],
  [
    'Administrator rights are granted',
    'iam:AttachUserPolicy',
    { policyArn: 'arn:aws:iam::aws:policy/AdministratorAccess' },
  ],
  ['Administrator rights are granted', 'iam:PutUserPolicy', { policyDocument: '{"Statement":[{"Action":"*"}]}' }],
  [
    'A bucket is opened to others',
    's3:PutBucketPolicy',
    { bucketPolicy: { Statement: [{ Effect: 'Allow', Principal: '*' }] } },
  ],
  ['The layers of a function are changed', 'lambda:UpdateFunctionConfiguration20150331v2', { layers: ['arn'] }],
  ['Instances for mining are asked for', 'ec2:RunInstances', { instanceType: 'p3.2xlarge' }],
])('%s: %s', (title, action, requestParameters) => {
  const [service = '', eventName = ''] = action.split(':');
  const titles = titlesOf({ eventSource: `${service}.amazonaws.com`, eventName, requestParameters });
  expect(titles).toEqual([title]);
});

test.each<[string, Record<string, unknown>]>([
  [
    's3:PutBucketPolicy',
    { bucketPolicy: { Statement: [{ Effect: 'Allow', Principal: { Service: 'cloudtrail.amazonaws.com' } }] } },
  ],
  ['s3:PutBucketLifecycle', { LifecycleConfiguration: { Rule: { Expiration: { Days: 365 } } } }],
  ['ec2:AuthorizeSecurityGroupIngress', { cidrIp: '192.0.2.0/24' }],
  ['iam:AttachUserPolicy', { policyArn: 'arn:aws:iam::aws:policy/ReadOnlyAccess' }],
  ['ec2:RunInstances', { instanceType: 't3.micro' }],
  ['iam:CreateRole', { assumeRolePolicyDocument: '{"Statement":[{"Principal":{"Service":"ec2.amazonaws.com"}}]}' }],
])('ordinary work matches nothing: %s', (action, requestParameters) => {
  const [service = '', eventName = ''] = action.split(':');
  expect(titlesOf({ eventSource: `${service}.amazonaws.com`, eventName, requestParameters })).toEqual([]);
});

test('one bad rule takes no other with it, and is named', () => {
  const { path: folder } = temporary;
  mkdirSync(join(folder, 'deeper'));
  const rule = 'title: T\nid: a\nlogsource: {category: webserver}\ndetection: {s: {x: 1}, condition: s}\n';
  writeFileSync(
    join(folder, 'two.yml'),
    `${rule}---\n${rule.replace('id: a', 'id: b').replace('condition: s', 'condition: q')}`,
  );
  writeFileSync(join(folder, 'deeper', 'broken.yaml'), 'a: [');

  const { ids, refused } = loadRules([folder]);

  expect(ids).toEqual(['a']);
  expect(refused.map(({ code }) => code)).toEqual(['SIGMA_RULE_REFUSED', 'SIGMA_RULE_REFUSED']);
  expect(refused.map(({ fields }) => String(fields['file']).slice(folder.length + 1))).toEqual([
    'deeper/broken.yaml',
    'two.yml',
  ]);
  expect(refused[0]?.fields['reason']).toMatch(/^no YAML: [^\n]* at line 1, column \d+$/);
  expect(refused[1]?.fields['reason']).toBe('a condition with "q", which is no search of the rule');
});

test('aliases that blow up, and a folder by the name of a rule, are refused as well', () => {
  const folder = join(temporary.path, 'odd');
  mkdirSync(join(folder, 'folder.yml'), { recursive: true });
  const nine = (name: string): string => Array(9).fill(name).join(',');
  writeFileSync(
    join(folder, 'bomb.yml'),
    `a: &a [${nine('x')}]\nb: &b [${nine('*a')}]\nc: &c [${nine('*b')}]\nd: [${nine('*c')}]\n`,
  );

  const { ids, refused } = loadRules([folder]);

  expect(ids).toEqual([]);
  expect(refused.map(({ code }) => code)).toEqual(['SIGMA_RULE_REFUSED', 'SIGMA_RULE_REFUSED']);
  expect(refused.map(({ fields }) => fields['reason'])).toEqual([
    'no YAML that can be held: its aliases can not be resolved',
    "it can't be read (EISDIR)",
  ]);
});

test('rules of the settings are asked beside ours, and one that is refused is logged', () => {
  const folder = join(temporary.path, 'live');
  mkdirSync(folder);
  const rule = 'title: Of our own\nid: a\nlogsource: {category: webserver}\ndetection: {s: {x: 1}, condition: s}\n';
  writeFileSync(join(folder, 'good.yml'), rule);
  writeFileSync(join(folder, 'bad.yml'), rule.replace('condition: s', 'condition: q'));
  const warned: unknown[] = [];

  const rules = liveRules({ rules: [folder] }, { warn: (what: unknown) => void warned.push(what) });

  const titles = rules
    .about({ category: 'webserver' })
    .matchesOf({ x: 1 })
    .map(({ title }) => title);
  expect(titles).toEqual(['Of our own']);
  expect(rules.about(CLOUDTRAIL).matchesOf(STOPS_TRAIL)).not.toEqual([]);
  expect(JSON.stringify(warned)).toMatch(/SIGMA_RULE_REFUSED.*bad\.yml/);
  expect(() => liveRules({ rules: ['/nowhere/rules'] }, { warn: () => undefined })).toThrow(
    "/nowhere/rules: this folder of rules can't be read",
  );
});

test('a file in place of a folder is taken, whatever its name', () => {
  const file = join(temporary.path, 'one.rule');
  writeFileSync(file, 'title: One\nlogsource: {category: webserver}\ndetection: {s: {x: 1}, condition: s}\n');

  expect(loadRules([file]).ids).toEqual(['One']);
});

test('rules about what no source of ours hands over are counted by product', () => {
  const folder = join(temporary.path, 'beyond');
  mkdirSync(folder);
  const rule = (source: string): string =>
    `title: Of ${source.replaceAll(':', '')}\nlogsource: {${source}}\ndetection: {s: {x: 1}, condition: s}\n`;
  const sources = [
    'product: windows, category: process_creation',
    'product: okta, service: okta',
    'product: windows, service: security',
    'product: aws, service: guardduty',
    'product: aws',
    'category: webserver',
  ];
  writeFileSync(join(folder, 'rules.yml'), sources.map(rule).join('---\n'));
  const warned: unknown[] = [];

  liveRules({ rules: [folder] }, { warn: (what: unknown) => void warned.push(what) });

  expect(warned).toEqual([
    {
      reason:
        'rules about sources that are not read here, 4 in all, match nothing: windows (2), aws/guardduty (1), okta (1)',
    },
  ]);
});

test('a file that links make appear under several names, as Kubernetes mounts a ConfigMap, is read once', () => {
  const folder = join(temporary.path, 'mounted');
  mkdirSync(join(folder, '..2026_01_06'), { recursive: true });
  writeFileSync(
    join(folder, '..2026_01_06', 'one.yml'),
    'title: One\nid: one\nlogsource: {}\ndetection: {s: {x: 1}, condition: s}\n',
  );
  symlinkSync('..2026_01_06', join(folder, '..data'));
  symlinkSync('..data/one.yml', join(folder, 'one.yml'));
  symlinkSync('.', join(folder, 'itself'));

  const { ids, refused } = loadRules([folder, join(folder, 'one.yml')]);

  expect([ids, refused]).toEqual([['one'], []]);
});

test('of two rules with one id the second is refused: their matches would count twice', () => {
  const folder = join(temporary.path, 'twins');
  mkdirSync(folder);
  const rule = (title: string) => `title: ${title}\nid: one\nlogsource: {}\ndetection: {s: {x: 1}, condition: s}\n`;
  writeFileSync(join(folder, 'a.yml'), rule('First'));
  writeFileSync(join(folder, 'b.yml'), rule('Second'));

  const { ids, refused } = loadRules([folder]);

  expect(ids).toEqual(['one']);
  expect(refused.map(({ message }) => message)).toEqual([expect.stringContaining('b.yml')]);
});

test('our own rules are all about sources that are read', () => {
  expect(rulesWithoutSource(own.rules)).toBeUndefined();
});

test('a folder that is not there is a setting that is wrong', () => {
  expect(() => loadRules(['/nowhere/rules'])).toThrow('CONFIG_INVALID');
});

test('what a correlation counts says nothing by itself, unless it is to; and a rule needs no id', () => {
  const folder = join(temporary.path, 'counted');
  mkdirSync(folder);
  const rule = (name: string): string =>
    `title: Of ${name}\nname: ${name}\nlogsource: {category: webserver}\ndetection: {s: {x: 1}, condition: s}\n`;
  const counts = (name: string, more = ''): string =>
    `title: Many of ${name}\ncorrelation: {type: event_count, rules: [${name}], timespan: 5m, condition: {gte: 9}${more}}\n`;
  writeFileSync(join(folder, 'rules.yml'), [rule('one'), rule('two'), rule('three'), counts('one')].join('---\n'));
  writeFileSync(join(folder, 'told.yml'), counts('two', ', generate: true'));

  const { ids, refused } = loadRules([folder]);

  expect(ids).toEqual(['Of two', 'Of three']);
  expect(refused.map(({ fields }) => fields['reason'])).toEqual([
    'a correlation counts it: by itself it says nothing',
    ...Array<string>(2).fill('a correlation: a rule sees one event at a time'),
  ]);
});
