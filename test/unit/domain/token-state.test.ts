import { tokenStateAt, type TokenRecord } from '../../../domain/token-state';

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
