import { clientAddress, compileProxies } from '../../../enforcement/client-address';

const isProxy = compileProxies(['10.0.0.0/8', '::1']);

describe('client address', () => {
  it('believes only listed proxies', () => {
    expect(clientAddress('198.51.100.7', '203.0.113.9', isProxy)).toBe('198.51.100.7');
    expect(clientAddress('10.1.2.3', '203.0.113.9', isProxy)).toBe('203.0.113.9');
    expect(clientAddress('::1', '203.0.113.9', isProxy)).toBe('203.0.113.9');
  });

  it('takes the last address that is no proxy: what stands further left is the client’s own claim', () => {
    expect(clientAddress('10.1.2.3', '1.1.1.1, 203.0.113.9, 10.9.9.9', isProxy)).toBe('203.0.113.9');
  });

  it('falls back to the peer when the header is nonsense or names proxies only', () => {
    expect(clientAddress('10.1.2.3', 'nonsense', isProxy)).toBe('10.1.2.3');
    expect(clientAddress('10.1.2.3', '10.4.4.4', isProxy)).toBe('10.1.2.3');
    expect(clientAddress('::ffff:10.1.2.3', undefined, isProxy)).toBe('10.1.2.3');
  });
});
