import fc from 'fast-check';
import type { VersionState } from '../../../domain/credential';
import { laterState } from '../../../domain/version-order';

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
