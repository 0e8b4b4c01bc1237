import { scramVerifier } from '../../../activities/providers/scram-verifier';

describe('SCRAM verifier', () => {
  it('has the form PostgreSQL stores, with another salt each time, and holds no password', () => {
    const first = scramVerifier('correct horse');

    expect(first).toMatch(/^SCRAM-SHA-256\$4096:[A-Za-z0-9+/]{22}==\$[A-Za-z0-9+/]{43}=:[A-Za-z0-9+/]{43}=$/);
    expect(scramVerifier('correct horse')).not.toBe(first);
    expect(first).not.toContain('horse');
  });
});
