import fc from 'fast-check';
import { endpointOf, parseEndpoint } from '../../../domain/endpoint';

describe('an endpoint', () => {
  it.each([
    ['GET', '/reports/7', 'GET /reports/*'],
    ['get', '/reports/:id', 'GET /reports/*'],
    ['GET', '/reports/{id}/rows', 'GET /reports/*/rows'],
    ['GET', '/reports/9b2f6c1e-0c4d-4c1b-9d5e-3f1f3a1b2c3d', 'GET /reports/*'],
    ['GET', '/objects/507f1f77bcf86cd799439011', 'GET /objects/*'],
    ['GET', '/customers/cus_9s6XKzkNRiZ8i3', 'GET /customers/*'],
    ['GET', '/days/2026-11-25', 'GET /days/*'],
    ['POST', '/orders/ORD-12345/refund', 'POST /orders/*/refund'],
    ['GET', '/people/ana@example.com', 'GET /people/*'],
    ['HEAD', '/reports//7/', 'GET /reports/*'],
    ['GET', '/', 'GET /'],
    ['DELETE', '/v2/oauth2/token', 'DELETE /v2/oauth2/token'],
    ['GET', '/admin/users', 'GET /admin/users'],
  ])('of %s %s is %s', (method, route, endpoint) => {
    expect(endpointOf(method, route)).toBe(endpoint);
    expect(parseEndpoint(`${method} ${route}`)).toBe(endpoint);
  });

  it.each([
    '/reports/..%2f..%2fadmin00000000000',
    '/reports/../admin',
    '/reports/7;admin=1',
    '/reports/%37',
    '/reports/7%00',
  ])('takes nothing that may mean another path for an id: %s', (path) => {
    expect(endpointOf('GET', path)).not.toBe('GET /reports/*');
  });

  it('is the same of itself, so that lists of endpoints can be written in it', () => {
    const segment = fc.oneof(fc.stringMatching(/^[\w.~%:;@{}*-]{0,40}$/), fc.uuid(), fc.nat().map(String));
    fc.assert(
      fc.property(fc.constantFrom('GET', 'POST'), fc.array(segment, { maxLength: 50 }), (method, segments) => {
        const once = endpointOf(method, `/${segments.join('/')}`);

        expect(parseEndpoint(once)).toBe(once);
        expect(once.length).toBeLessThanOrEqual(256);
      }),
    );
  });
});
