import fc from 'fast-check';
import { publicIdSubject } from '../../../domain/subject';
import type { LaneCheck } from '../../../enforcement/denylist-map';
import type { Habit } from '../../../enforcement/endpoint-memory';
import { createLaneGuard, LANE_LIMITS } from '../../../enforcement/lane-guard';

const SUBJECT = publicIdSubject('test', 'a');
const lane = (more: Partial<LaneCheck> = {}): LaneCheck => ({ refused: false, lane: 'office', ...more });

function guardWith(habit: Habit | undefined) {
  const told: string[] = [];
  const guard = createLaneGuard({ recall: () => habit }, (_subject, context, why) => told.push(`${context} ${why}`));
  return { guard, told };
}

describe('the guard of a lane', () => {
  it('lets through what the context used before, and takes anything else for a breach', () => {
    const { guard } = guardWith(new Set(['GET /reports/*']));

    expect(guard.judge(SUBJECT, lane(), 'GET /reports/*', 0)).toBe('pass');
    expect(guard.judge(SUBJECT, lane(), 'GET /admin', 0)).toEqual({ what: 'new-endpoint', detail: 'GET /admin' });
    expect(guard.judge(SUBJECT, lane(), 'DELETE /reports/*', 0)).toMatchObject({ what: 'new-endpoint' });
  });

  it.each([new Set(['GET /reports/*']), 'wide', undefined] as const)(
    'lets through what the inventory declares, whatever is remembered',
    (habit) => {
      const { guard, told } = guardWith(habit);
      const declared = lane({ endpoints: ['POST /exports/:id'] });

      expect(guard.judge(SUBJECT, declared, 'POST /exports/*', 0)).toBe('pass');
      expect(guard.judge(SUBJECT, declared, 'GET /admin', 0)).toMatchObject({ what: 'new-endpoint' });
      expect(told).toEqual([]);
    },
  );

  it.each(['wide', undefined] as const)(
    'limits no endpoints where it can not say what is new, and says so once',
    (habit) => {
      const { guard, told } = guardWith(habit);

      for (const endpoint of ['GET /a', 'GET /b']) expect(guard.judge(SUBJECT, lane(), endpoint, 0)).toBe('pass');

      expect(told).toEqual([`office ${habit ?? 'no-memory'}`]);
    },
  );

  it('refuses what is above the cap, and takes only a multiple of it for a breach; the next minute is another one', () => {
    const { guard } = guardWith('wide');
    const capped = lane({ maxPerMinute: 10 });
    const verdicts = Array.from({ length: 10 * LANE_LIMITS.breachAtTimes + 1 }, () =>
      guard.judge(SUBJECT, capped, 'GET /', 0),
    );

    expect(verdicts.slice(0, 10)).toEqual(Array(10).fill('pass'));
    expect(verdicts.slice(10, -1)).toEqual(Array(40).fill('capped'));
    expect(verdicts.at(-1)).toEqual({ what: 'rate', detail: '51' });
    expect(guard.judge(SUBJECT, lane({ maxPerMinute: 10, lane: 'home' }), 'GET /', 0)).toBe('pass');
    expect(guard.judge(SUBJECT, capped, 'GET /', LANE_LIMITS.windowMs)).toBe('pass');
  });

  it('never takes a service within its cap for an attack, however its requests fall', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 100 }), fc.array(fc.nat(120_000), { maxLength: 400 }), (cap, times) => {
        const { guard } = guardWith('wide');
        const sorted = times.sort((a, b) => a - b);
        const most = Math.max(
          0,
          ...sorted.map((at) => sorted.filter((one) => one > at - LANE_LIMITS.windowMs && one <= at).length),
        );
        const verdicts = sorted.map((at) => guard.judge(SUBJECT, lane({ maxPerMinute: cap }), 'GET /', at));

        if (most <= cap) expect(verdicts.every((verdict) => verdict === 'pass')).toBe(true);
        if (most <= cap * LANE_LIMITS.breachAtTimes)
          expect(verdicts.some((verdict) => typeof verdict === 'object')).toBe(false);
      }),
    );
  });
});
