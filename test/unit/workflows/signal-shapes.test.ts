import { isDetectionSignal } from '../../../workflows/lib/signal-shapes';
import { sampleAssessment } from '../../support/fake-activities';

const ids = (count: number) => Array.from({ length: count }, (_, index) => `event-${index}`);

test.each([
  ['none', undefined, true],
  ['some', ids(16), true],
  ['more than are kept', ids(17), false],
  ['a text', 'event-1', false],
  ['numbers', [1], false],
])('a detection that names %s events', (_title, eventIds, isTaken) => {
  const assessment = { ...sampleAssessment(), ...(eventIds === undefined ? {} : { eventIds }) };

  expect(isDetectionSignal({ assessment, latest: { at: 1 }, count: 1 })).toBe(isTaken);
});
