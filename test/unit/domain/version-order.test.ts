import fc from 'fast-check';
import type { VersionState } from '../../../domain/credential';
import { laterReached, laterState } from '../../../domain/version-order';

const state = fc.constantFrom<VersionState>('pending', 'live', 'quarantined', 'revoked', 'discarded');

describe('laterState', () => {
  it.each([
    ['pending', 'live'],
    ['live', 'quarantined'],
    ['quarantined', 'revoked'],
    ['quarantined', 'discarded'],
    ['discarded', 'revoked'],
  ] as const)('puts %s before %s, whoever comes first', (earlier, later) => {
    expect([laterState(earlier, later), laterState(later, earlier)]).toEqual([later, later]);
  });

  it('gives the same in any order of the writers', () => {
    fc.assert(
      fc.property(state, state, state, (a, b, c) => {
        expect(laterState(laterState(a, b), c)).toBe(laterState(laterState(c, a), b));
      }),
    );
  });
});

describe('laterReached', () => {
  const reached = fc.record({ state, releases: fc.option(fc.integer({ min: 1, max: 3 }), { nil: undefined }) });

  it('goes back where the quarantine was lifted more often, and never from revoked', () => {
    const quarantined = { state: 'quarantined', releases: undefined } as const;
    const live = { state: 'live', releases: 1 } as const;

    expect([laterReached(quarantined, live), laterReached(live, quarantined)]).toEqual([live, live]);
    expect(laterReached(live, { state: 'revoked' }).state).toBe('revoked');
    expect(laterReached({ state: 'quarantined', releases: 1 }, live).state).toBe('quarantined');
  });

  it('gives the same in any order of the writers', () => {
    fc.assert(
      fc.property(reached, reached, reached, (a, b, c) => {
        expect(laterReached(laterReached(a, b), c).state).toBe(laterReached(laterReached(c, a), b).state);
      }),
    );
  });
});
