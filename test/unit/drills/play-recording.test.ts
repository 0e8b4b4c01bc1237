import fc from 'fast-check';
import { publicIdSubject } from '../../../domain/subject';
import type { UsageEvent } from '../../../domain/usage-event';
import { playRecording } from '../../../drills/replay/play-recording';

const use = (id: number, at: number): UsageEvent => ({
  kind: 'usage',
  id: String(id),
  at,
  subject: publicIdSubject('aws-access-key', 'AKIAEXAMPLE'),
  source: 'cloudtrail',
  principalKind: 'unknown',
  client: { address: '', agent: '' },
  action: { kind: 'read', name: 's3:ListBuckets' },
  outcome: 'accepted',
});

test('every event is handed in once, in order, at the old distances, and ends now', async () => {
  const times = fc.array(fc.integer({ min: 0, max: 86_400_000 }), { minLength: 1, maxLength: 50 });
  await fc.assert(
    fc.asyncProperty(times, async (unsorted) => {
      const events = unsorted.sort((a, b) => a - b).map((at, id) => use(id, at));
      const played: UsageEvent[] = [];
      const before = Date.now();

      const { shiftMs, playedAt } = await playRecording(
        events,
        (batch) => Promise.resolve(void played.push(...batch)),
        {
          signal: new AbortController().signal,
          playMs: 2,
        },
      );

      expect(played.map(({ id, at }) => [id, at - shiftMs])).toEqual(events.map(({ id, at }) => [id, at]));
      expect(played.at(-1)?.at).toBeGreaterThanOrEqual(before);
      expect(played.at(-1)?.at).toBeLessThanOrEqual(Date.now());
      expect([...playedAt.keys()]).toEqual(events.map(({ id }) => id));
    }),
    { numRuns: 30 },
  );
});

test('a recording of a day is spread over the time it is played in', async () => {
  const batches: number[] = [];
  const begin = Date.now();
  await playRecording(
    Array.from({ length: 100 }, (_, n) => use(n, n * 864_000)),
    (batch) => Promise.resolve(void batches.push(batch.length)),
    { signal: new AbortController().signal, playMs: 500 },
  );

  expect(Date.now() - begin).toBeGreaterThanOrEqual(400);
  expect(batches.length).toBeGreaterThan(3);
});
