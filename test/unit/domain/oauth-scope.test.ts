import { parseScopes, scopeLine } from '../../../domain/oauth-scope';

describe('scopes in a line', () => {
  it('are read each once', () => {
    expect(parseScopes('reports:read orders:read reports:read')).toEqual(['reports:read', 'orders:read']);
  });

  it.each(['', ' ', 'a  b', ' a', 'a\tb', 'a "b"', 'a\nb', 'ä'])('are none in %j', (line) => {
    expect(parseScopes(line)).toBeUndefined();
  });

  it('never read as more than there are', () => {
    expect(scopeLine(['a', 'read admin', 'x\r\ny', '', 'b'])).toBe('a b');
  });
});
