import fc from 'fast-check';
import { compileRoutes, isRoutePattern } from '../../../domain/route-patterns';

describe('route patterns', () => {
  it.each([
    ['/admin/**', 'GET', '/admin', true],
    ['/admin/**', 'DELETE', '/admin/users/7', true],
    ['/admin/**', 'GET', '/administration', false],
    ['/users/*/keys', 'GET', '/users/7/keys', true],
    ['/users/*/keys', 'GET', '/users/keys', false],
    ['/users/*/keys', 'GET', '/users/7/keys/8', false],
    ['/', 'GET', '/', true],
    ['/', 'GET', '/x', false],
    ['/**', 'GET', '/any/thing', true],
  ])('%s and %s %s: %s', (pattern, method, path, expected) => {
    expect(compileRoutes([{ path: pattern }])(method, path)).toBe(expected);
  });

  it('goes by method where one is named, and takes HEAD for GET', () => {
    const reads = compileRoutes([{ method: 'GET', path: '/keys' }]);

    expect(['GET', 'HEAD', 'POST'].map((method) => reads(method, '/keys'))).toEqual([true, true, false]);
  });

  it.each([
    '/ADMIN/users',
    '//admin///users/',
    '/%61dmin/users',
    '/%2561dmin/users',
    '/admin%2Fusers',
    '/admin\\users',
    '/admin;v=1/users',
    '/public/../admin/users',
    '/public/%2e%2e/admin/users',
    '/admin/./users',
    '/admin/%zz',
    '/%25252525252561dmin',
  ])('is not got round by %s', (path) => {
    expect(compileRoutes([{ path: '/admin/**' }])('GET', path)).toBe(true);
  });

  it('matches nothing without patterns, however odd the path', () => {
    expect(compileRoutes([])('GET', '/../%zz')).toBe(false);
  });

  it('finds an own path under every encoding of its characters', () => {
    const plain = fc.stringMatching(/^[a-z0-9]{1,8}$/);
    const encoded = (text: string, bits: number): string =>
      [...text].map((char, index) => ((bits >> index) & 1 ? `%${char.charCodeAt(0).toString(16)}` : char)).join('');
    fc.assert(
      fc.property(fc.array(plain, { minLength: 1, maxLength: 4 }), fc.nat(255), (segments, bits) => {
        const asked = `/${segments.map((segment) => encoded(segment, bits)).join('/')}`;
        expect(compileRoutes([{ path: `/${segments.join('/')}` }])('POST', asked)).toBe(true);
      }),
    );
  });

  it.each(['/', '/**', '/admin/**', '/users/*/keys', '/a.b/c-d_e~f@g'])('takes %s', (pattern) => {
    expect(isRoutePattern(pattern)).toBe(true);
  });

  it.each(['', 'admin', '/**/admin', '/a/**/b', '/ad*min', '/admin/', '/a//b', '/%61', '/a?b', '/:id'])(
    'takes no %j',
    (pattern) => {
      expect(isRoutePattern(pattern)).toBe(false);
    },
  );
});
