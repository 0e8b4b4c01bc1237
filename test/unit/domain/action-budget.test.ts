import fc from 'fast-check';
import { DEFAULT_BUDGETS, spentBudget } from '../../../domain/action-budget';

test.each([
  [{ provider: 0, team: 0 }, undefined],
  [{ provider: 9, team: 4 }, undefined],
  [
    { provider: 10, team: 0 },
    { of: 'provider', limit: 10 },
  ],
  [
    { provider: 5, team: 5 },
    { of: 'team', limit: 5 },
  ],
])('%j spends %j', (counts, spent) => {
  expect(spentBudget(counts, DEFAULT_BUDGETS)).toEqual(spent);
});

test('whatever the budgets, no sequence of leaks ends more versions of a team or provider than they allow', () => {
  const team = fc.constantFrom('payments', 'search', 'identity');
  const provider = fc.constantFrom('postgres-role', 'api-token');
  const budgets = fc.record({
    windowSeconds: fc.constant(60),
    perProvider: fc.integer({ min: 1, max: 8 }),
    perTeam: fc.integer({ min: 1, max: 8 }),
  });
  fc.assert(
    fc.property(fc.array(fc.record({ team, provider }), { maxLength: 60 }), budgets, (leaks, limits) => {
      const taken: typeof leaks = [];
      for (const leak of leaks) {
        const counts = {
          provider: taken.filter((one) => one.provider === leak.provider).length,
          team: taken.filter((one) => one.team === leak.team).length,
        };
        if (!spentBudget(counts, limits)) taken.push(leak);
      }
      for (const name of ['payments', 'search', 'identity'])
        expect(taken.filter((one) => one.team === name).length).toBeLessThanOrEqual(limits.perTeam);
      for (const name of ['postgres-role', 'api-token'])
        expect(taken.filter((one) => one.provider === name).length).toBeLessThanOrEqual(limits.perProvider);
    }),
  );
});
