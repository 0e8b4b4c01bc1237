import { partitionOf, publicIdSubject } from '../../../domain/subject';
import { SAMPLE_SUBJECT, sampleControl, sampleUse } from '../../../detectors/sample-life';
import { parseBatch } from '../../../workers/detection/parse-batch';

const PARTITIONS = 4;
const PARTITION = partitionOf(SAMPLE_SUBJECT, PARTITIONS);
const use = sampleUse({ afterMs: 0 });

function parse(value: unknown) {
  return parseBatch(typeof value === 'string' ? value : JSON.stringify(value), PARTITION, PARTITIONS);
}

test('reads usage and control events in their order', () => {
  const events = [use, sampleControl(1, 'revoked'), sampleUse({ afterMs: 2 })];

  expect(parse({ events })).toEqual({ events, faults: [] });
});

test.each([
  ['not JSON', '{"events":['],
  ['no events', { events: [] }],
  ['no list', { events: 'many' }],
  ['another message', [use]],
  ['too many', { events: Array.from({ length: 1001 }, () => use) }],
])('a message that is no batch is at fault as a whole: %s', (_title, value) => {
  const { events, faults } = parse(value);

  expect(events).toEqual([]);
  expect(faults).toMatchObject([{ error: { code: 'USAGE_EVENT_MALFORMED' } }]);
  expect(faults[0]?.content).toBeUndefined();
});

test('an event at fault leaves its batch alone, and can be replayed by itself', () => {
  const broken = { ...use, at: 'now', token: 'value' };

  const { events, faults } = parse({ events: [use, broken] });

  expect(events).toEqual([use]);
  expect(faults).toHaveLength(1);
  expect(faults[0]?.content).toEqual({ part: '1', body: JSON.stringify({ events: [broken] }) });
  expect(faults[0]?.error.message).toContain('at: invalid_type');
  expect(faults[0]?.error.message).not.toContain('value');
});

test('a session’s use belongs to the partition of its principal, wherever its own key would', () => {
  const sessions = Array.from({ length: PARTITIONS * 4 }, (_, index) => publicIdSubject('sample', `session-${index}`));
  const events = sessions.map((subject, index) => ({
    ...sampleUse({ afterMs: index, subject }),
    principal: SAMPLE_SUBJECT,
  }));

  expect(parse({ events })).toEqual({ events, faults: [] });
  expect(parse({ events: events.map(({ principal: _of, ...event }) => event) }).faults.length).toBeGreaterThan(0);
});

test('an event of another partition is at fault', () => {
  const { events, faults } = parseBatch(JSON.stringify({ events: [use] }), (PARTITION + 1) % PARTITIONS, PARTITIONS);

  expect(events).toEqual([]);
  expect(faults[0]?.error.fields['fault']).toBe(`subject belongs to partition ${PARTITION}`);
});
