import { publicIdSubject } from '../../../domain/subject';
import { livingParentOf, tokenStateAt, type TokenRecord } from '../../../domain/token-state';

describe('the state of a token', () => {
  it.each<[TokenRecord, string]>([
    [{ state: 'active' }, 'active'],
    [{ state: 'active', expiresAt: 1_001 }, 'active'],
    [{ state: 'active', expiresAt: 1_000 }, 'expired'],
    [{ state: 'disabled', expiresAt: 1_001 }, 'disabled'],
    // No release brings it back.
    [{ state: 'disabled', expiresAt: 1_000 }, 'expired'],
    [{ state: 'revoked', expiresAt: 1_000 }, 'revoked'],
  ])('of %j is %s', (record, state) => {
    expect(tokenStateAt(record, 1_000)).toBe(state);
  });
});

it('names what a token was derived from while that token lives', () => {
  const parent = publicIdSubject('api-token', 'tqt_parent');
  const child: TokenRecord = { state: 'active', expiresAt: 1_000, parentSubjects: [parent] };

  expect(livingParentOf(child, 999)).toEqual([parent]);
  // It can be used again when its parent is released.
  expect(livingParentOf({ ...child, state: 'disabled' }, 999)).toEqual([parent]);
  expect([livingParentOf(child, 1_000), livingParentOf({ state: 'active' }, 0), livingParentOf(undefined, 0)]).toEqual([
    [],
    [],
    [],
  ]);
});
