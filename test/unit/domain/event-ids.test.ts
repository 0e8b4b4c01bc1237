import { joinEventIds, MOST_EVENT_IDS, shownEventId } from '../../../domain/event-ids';
import { mergeAssessments } from '../../../domain/merge-assessments';
import { sampleAssessment } from '../../support/fake-activities';

const ids = (from: number, to: number) => Array.from({ length: to - from }, (_, index) => `event-${from + index}`);

test('each event is named once, where it came first', () => {
  expect(joinEventIds(['a', 'b'], ['b', 'c'])).toEqual(['a', 'b', 'c']);
  expect(joinEventIds(['a', 'b'], ['a'])).toEqual(['a', 'b']);
  expect(joinEventIds([], [])).toEqual([]);
});

test('of many events the first stays, and the latest', () => {
  const joined = joinEventIds(ids(0, 16), ids(16, 40));

  expect(joined).toHaveLength(MOST_EVENT_IDS);
  expect(joined).toEqual(['event-0', ...ids(25, 40)]);
  expect(joinEventIds(['a'], ['b'], 1)).toEqual(['a']);
  expect(joinEventIds(ids(0, 16), ids(16, 40), 16, ['event-3'])).toEqual(['event-0', 'event-3', ...ids(26, 40)]);
});

test('what an incident knows rests on the events of all its detections', () => {
  const [first, second] = [sampleAssessment({ eventIds: ['a', 'b'] }), sampleAssessment({ eventIds: ['b', 'c'] })];

  expect(mergeAssessments(first, second).eventIds).toEqual(['a', 'b', 'c']);
  expect(mergeAssessments(first, { ...second, firstAbuseAt: 1 }).eventIds).toEqual(['b', 'c', 'a']);
  expect(mergeAssessments(sampleAssessment(), sampleAssessment())).toEqual(sampleAssessment());
});

test('the event that made the gravest word stays, whatever comes after it', () => {
  const low = (id: string) => sampleAssessment({ severity: 'low', eventIds: [id] });
  const words = [...ids(0, 5).map(low), sampleAssessment({ eventIds: ['grave'] }), ...ids(5, 60).map(low)];

  expect(words.reduce(mergeAssessments).eventIds).toEqual(['event-0', 'grave', ...ids(46, 60)]);
});

test('an id is shown without what could be taken for markup, or move a terminal', () => {
  expect(shownEventId('cloudtrail:0f1e-2d')).toBe('cloudtrail:0f1e-2d');
  expect(shownEventId('a`**b**`\n> **A person is needed:**\u001b[31m<x>')).toBe('abApersonisneeded:31mx');
});
