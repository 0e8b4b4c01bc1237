import { causeOf } from '../../../domain/cause';

test('incidents have in common who reported them, or what detectors found', () => {
  const assessment = { families: ['origin', 'volume'] } as const;

  expect(causeOf({ startedBy: 'feed:github', assessment: { families: ['listed'] } })).toBe('reported by feed:github');
  expect(causeOf({ startedBy: 'detector', assessment: { families: [...assessment.families] } })).toBe(
    'detected: origin, volume',
  );
});
