import fc from 'fast-check';
import { compileRule } from '../../../../detectors/sigma/compile-rule';
import { RuleSet } from '../../../../detectors/sigma/rule-set';
import { SOURCE_NAMES, mapperOf, recordIdOf, type Source } from '../../../../detectors/sources/registry';
import { streamEvent } from '../../../../domain/usage-event';

/** Ours, one that looks at a field however deep, and one that looks at all of a line. */
const RULES = RuleSet.of(
  [
    ...['deep', 'deep.deep.deep'].map((field) => ({ selection: { [field]: 'x' }, condition: 'selection' })),
    { keywords: ['x'], condition: 'keywords' },
  ].map((detection, n) =>
    compileRule({ id: `r${n}`, title: 'made up', level: 'low', logsource: { category: 'webserver' }, detection }),
  ),
);

/** Field names that mappers ask for, so that what is made gets past their first line. */
const NAMES = [
  ...['class_uid', 'metadata', 'api', 'actor', 'user', 'uid', 'version', 'time', 'operation', 'credential_uid'],
  ...['eventID', 'eventTime', 'eventName', 'userIdentity', 'accessKeyId', 'responseElements', 'arn', 'type'],
  ...['status', 'response_code', 'method', 'request', 'uri', 'path', 'remote_user', 'tourniquet_subject', 'msec'],
];
const LEAVES = [6003, 200, '1.1.0', 'x', '2026-01-06T12:00:00Z', 'ConsoleLogin', 'Root', 'GET', '-', -1, 1e300, null];

const { record } = fc.letrec<{ value: unknown; record: unknown }>((tie) => ({
  value: fc.oneof({ depthSize: 'small' }, fc.constantFrom(...LEAVES), fc.string(), tie('record')),
  record: fc.dictionary(fc.oneof(fc.constantFrom(...NAMES), fc.string()), tie('value')),
}));

describe.each(SOURCE_NAMES)('%s', (source: Source) => {
  const map = mapperOf(source, RULES);

  test('whatever comes, nothing is thrown, and what becomes an event is one', () => {
    fc.assert(
      fc.property(fc.oneof(record, fc.jsonValue()), (value) => {
        const mapped = map(value);
        if (mapped.kind === 'event') expect(streamEvent.safeParse(mapped.event).error).toBeUndefined();
        if (mapped.kind === 'malformed') expect(mapped.fault.length).toBeLessThan(201);
      }),
      { numRuns: 500 },
    );
  });

  test('a value nested deeper than any stack is no danger', () => {
    const deep: unknown = JSON.parse(`${'['.repeat(50_000)}${']'.repeat(50_000)}`);
    const line = { msec: '1', status: 200, method: 'GET', request_method: 'GET', remote_user: 'x', deep };

    expect(() => map(line)).not.toThrow();
  });
});

test('a record’s own id is what its source calls it', () => {
  expect(recordIdOf('cloudtrail', 'cloudtrail:e:1')).toBe('e:1');
  expect(recordIdOf('access-log', 'envoy:r1/0123456789ab')).toBe('r1');
  expect(recordIdOf('cloudtrail', 'cloudtrail:e/0123456789ab')).toBe('e/0123456789ab');
  expect(recordIdOf('native', 'gateway:r1')).toBe('gateway:r1');
});
