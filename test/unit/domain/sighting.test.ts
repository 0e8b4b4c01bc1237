import fc from 'fast-check';
import { addUses, useSeen, type ContextUse } from '../../../domain/sighting';

const use = fc
  .record({
    at: fc.integer({ min: 1, max: 100 }),
    outcome: fc.constantFrom('accepted' as const, 'contained' as const, 'authentication' as const),
    context: fc.constantFrom('office', 'cron', 'elsewhere'),
  })
  .map(({ context, ...event }) => useSeen(event, context));

describe('what was seen', () => {
  it('adds up the same in any order and in any parts', () => {
    fc.assert(
      fc.property(fc.array(use), fc.array(use), fc.array(use), (a, b, c) => {
        expect(addUses(addUses(a, b), c)).toEqual(addUses(c, addUses(b, a)));
      }),
    );
  });

  it('keeps the first and last times and counts of each kind, by context', () => {
    const seen = [
      useSeen({ at: 30, outcome: 'accepted' }, 'office'),
      useSeen({ at: 10, outcome: 'accepted' }, 'office'),
      useSeen({ at: 20, outcome: 'contained' }, 'office'),
      useSeen({ at: 5, outcome: 'contained' }, 'elsewhere'),
    ];

    expect(addUses(seen, [])).toEqual([
      { context: 'elsewhere', firstAt: 5, lastAcceptedAt: 0, accepted: 0, lastFailedAt: 5, failed: 1 },
      { context: 'office', firstAt: 10, lastAcceptedAt: 30, accepted: 2, lastFailedAt: 20, failed: 1 },
    ]);
  });

  it('is bounded, and what was accepted latest stays', () => {
    const refused: ContextUse[] = Array.from({ length: 150 }, (_, n) =>
      useSeen({ at: 9, outcome: 'contained' }, `c${n}`),
    );

    const kept = addUses(refused, [useSeen({ at: 1, outcome: 'accepted' }, 'zzz')]);

    expect([kept.length, kept.some(({ context }) => context === 'zzz')]).toEqual([100, true]);
  });
});
