import { createHash } from 'node:crypto';
import { foldPartition } from '../../../../detectors/partition-fold';
import { emptyPartition } from '../../../../detectors/partition-state';
import { SAMPLE_PLACES, sampleUse } from '../../../../detectors/sample-life';
import { mapperOf } from '../../../../detectors/sources/registry';
import { RuleSet } from '../../../../detectors/sigma/rule-set';
import { endpointOf } from '../../../../domain/endpoint';
import { formatToken } from '../../../../domain/token-format';
import { OWN_RULES } from '../../../support/own-rules';

const TOKEN = formatToken((size) => createHash('sha512').update('without values').digest().subarray(0, size));
/** Id and secret: the checksum can be worked out. */
const SECRET = TOKEN.slice(0, 42);

const nginx = (line: object) =>
  mapperOf(
    'nginx',
    OWN_RULES,
  )({
    ...{ msec: '1767700800', request_method: 'GET', uri: '/', status: 200, remote_addr: '192.0.2.1', key_id: 'k' },
    ...line,
  });

test.each([
  ['a path', { uri: `/a=${TOKEN}` }],
  ['a path, encoded', { uri: `/Bearer%20${TOKEN}/x` }],
  ['an agent', { http_user_agent: `curl ${TOKEN}` }],
  ['an agent, where it is cut', { http_user_agent: 'x'.repeat(470) + TOKEN }],
  ['a request id', { request_id: `r-${TOKEN}` }],
  ['a request id, where it is cut', { request_id: 'x'.repeat(150) + TOKEN }],
])('of %s of an access log no token of ours is kept', (_where, line) => {
  const mapped = nginx(line);

  expect(mapped.kind).toBe('event');
  expect(JSON.stringify(mapped)).not.toContain(SECRET);
});

test('nor does what a rule says of the path hold one', () => {
  const mapped = nginx({
    uri: `/key=${TOKEN}/..%2f..%2f..%2fetc/passwd`,
    request: `GET /key=${TOKEN}/../../../etc/passwd`,
  });
  if (mapped.kind !== 'event') throw new Error('an event');
  if (mapped.event.kind !== 'usage') throw new Error('a use');

  const { messages } = foldPartition(emptyPartition(), [mapped.event], {
    locate: () => ({ network: '', country: '' }),
  });

  expect(messages).not.toEqual([]);
  expect(JSON.stringify(messages)).not.toContain(SECRET);
});

test('nor do our own events, wherever it stands; one that names a credential by its value is malformed', () => {
  const map = mapperOf('native', RuleSet.EMPTY);
  const use = sampleUse({ afterMs: 0, agent: `a ${TOKEN}` });
  const mapped = map({ ...use, id: `id-${TOKEN}`, action: { kind: 'read', name: `GET /${TOKEN}` } });

  expect(mapped).toMatchObject({ kind: 'event', event: { id: 'id-[secret]', subject: use.subject } });
  expect(JSON.stringify(mapped)).not.toContain(SECRET);
  expect(map(use)).toMatchObject({ kind: 'event' });
  expect(map({ ...use, subject: `id:sample:${TOKEN}` })).toMatchObject({
    kind: 'malformed',
    fault: 'subject: holds a secret value',
  });
});

test('an endpoint names none', () => {
  expect(endpointOf('GET', `/a/k=${TOKEN}:x/b`)).toBe('GET /a/*/b');
});

test('two findings of one detector about one event are two detections', () => {
  const at = (afterMs: number, name: string, address = '192.0.2.10') => ({
    ...sampleUse({ afterMs, mark: name, address }),
    action: { kind: 'read' as const, name },
  });
  const events = [
    ...Array.from({ length: 60 }, (_, n) => sampleUse({ afterMs: n * 100 })),
    ...Array.from({ length: 5 }, (_, n) => at(7_000 + n * 300, `GET /admin/${'abcde'[n]}`)),
    at(9_000, 'sts:GetCallerIdentity', '198.51.100.20'),
  ];

  const { messages } = foldPartition(emptyPartition(), events, {
    locate: ({ client }) => SAMPLE_PLACES[client.address] ?? { network: '', country: '' },
  });
  const ids = messages.map(({ detection }) => detection.id);
  const ofWhoami = messages.filter(
    ({ detection: { detector, at } }) => detector === 'new-actions' && at === events.at(-1)?.at,
  );

  expect(ofWhoami).toHaveLength(2);
  expect(new Set(ids).size).toBe(ids.length);
});
