import { readFileSync } from 'node:fs';
import { request as send } from 'node:http';
import { once } from 'node:events';
import type { IncomingMessage } from 'node:http';
import { resolve } from 'node:path';
import { parse } from 'yaml';
import { z } from 'zod';
import { endpointOf } from '../../domain/endpoint';
import {
  OUTCOME_HEADER,
  PRINCIPAL_HEADER,
  PROBE_HEADER,
  SCOPES_HEADER,
  SUBJECT_HEADER,
} from '../../domain/gateway-headers';
import { startGuardedService, type GuardedService } from '../support/guarded-services';

const names = z.object({ patterns: z.array(z.strictObject({ exact: z.string().regex(/^[a-z-]+$/) })) });
const file = z.object({
  http_filters: z.array(z.object({ name: z.string(), typed_config: z.looseObject({}) })),
});
/** The fields of `envoy.extensions.filters.http.ext_authz.v3.ExtAuthz` that we use: no other may stand there unnoticed. */
const extAuthz = z.strictObject({
  '@type': z.literal('type.googleapis.com/envoy.extensions.filters.http.ext_authz.v3.ExtAuthz'),
  transport_api_version: z.literal('V3'),
  failure_mode_allow: z.literal(false),
  status_on_error: z.strictObject({ code: z.literal('ServiceUnavailable') }),
  http_service: z.strictObject({
    path_prefix: z.string(),
    server_uri: z.strictObject({ uri: z.url(), cluster: z.string(), timeout: z.string() }),
    authorization_request: z.strictObject({ allowed_headers: names }),
    authorization_response: z.strictObject({
      allowed_upstream_headers: names,
      dynamic_metadata_from_headers: names,
      allowed_client_headers: names,
    }),
  }),
});

const text = readFileSync(resolve(__dirname, '../../docs/examples/envoy.yaml'), 'utf8');
const filters = file.parse(parse(text)).http_filters;
const config = extAuthz.parse(filters[0]?.typed_config);
const { path_prefix, authorization_request, authorization_response } = config.http_service;
const listed = (headers: z.infer<typeof names>) => headers.patterns.map(({ exact }) => exact);

/** What Envoy sends in any case, by the documentation of `AuthorizationRequest.allowed_headers`. */
const ALWAYS_SENT = ['host', 'authorization'];

interface Original {
  readonly method: string;
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
}

/** What a client or a service gets by way of Envoy. */
type Passed =
  | { readonly to: 'service'; readonly headers: Readonly<Record<string, string>> }
  | {
      readonly to: 'client';
      readonly status: number;
      readonly headers: Readonly<Record<string, string>>;
      readonly body: string;
    };

/**
 * One check as Envoy makes it with the documented configuration. Envoy itself is not here (there is no package to run it from):
 * this is its contract by its documentation, and the gateway on the other side is real.
 */
async function check(service: GuardedService, original: Original): Promise<Passed> {
  const sentOn = [...ALWAYS_SENT, ...listed(authorization_request.allowed_headers)];
  const headers = Object.fromEntries(Object.entries(original.headers).filter(([name]) => sentOn.includes(name)));
  const { hostname, port } = new URL(service.url);
  // Not as a URL, which Node would tidy up.
  const asked = send({
    hostname,
    port,
    path: `${path_prefix}${original.path}`,
    method: original.method,
    headers: { ...headers, 'content-length': '0' },
  }).end();
  const [answer] = (await once(asked, 'response')) as [IncomingMessage];
  let body = '';
  for await (const chunk of answer) body += String(chunk);
  const status = answer.statusCode ?? 0;
  if (status >= 500) return { to: 'client', status: 503, headers: {}, body: '' };
  const answered = answer.headers as Record<string, string>;
  const only = (allowed: readonly string[]) =>
    Object.fromEntries(Object.entries(answered).filter(([name]) => allowed.includes(name)));
  if (status === 200)
    return {
      to: 'service',
      headers: { ...original.headers, ...only(listed(authorization_response.allowed_upstream_headers)) },
    };
  return { to: 'client', status, headers: only(listed(authorization_response.allowed_client_headers)), body };
}

describe('Envoy’s ext_authz with the documented configuration', () => {
  let service: GuardedService;

  beforeEach(async () => {
    service = await startGuardedService('reverse proxy');
  });

  afterEach(() => service.stop());

  const original = (more: Partial<Original> = {}): Original => ({
    method: 'GET',
    path: '/reports/7?x=secret',
    ...more,
    headers: {
      host: 'reports.example',
      authorization: 'Bearer token-a',
      'user-agent': 'curl/8',
      'x-forwarded-for': '203.0.113.7',
      'content-type': 'application/json',
      ...more.headers,
    },
  });

  it('comes before the router', () => {
    expect(filters.map(({ name }) => name)).toEqual(['envoy.filters.http.ext_authz', 'envoy.filters.http.router']);
  });

  it('sends on every header that the gateway goes by', () => {
    const sent = [...ALWAYS_SENT, ...listed(authorization_request.allowed_headers)];

    expect(sent).toEqual(expect.arrayContaining(['authorization', 'user-agent', 'x-forwarded-for', PROBE_HEADER]));
    // Claims about the request or its principal are Envoy's and ours to make.
    const claims: readonly string[] = [PRINCIPAL_HEADER, SCOPES_HEADER];
    expect(sent.filter((name) => name.startsWith('x-original') || claims.includes(name))).toEqual([]);
  });

  it.each(['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS'])(
    'lets %s through by the principal and the scopes found',
    async (method) => {
      const claimed = { [PRINCIPAL_HEADER]: 'admin', [SCOPES_HEADER]: 'everything' };
      const passed = await check(service, original({ method, headers: claimed }));

      const found = { [PRINCIPAL_HEADER]: 'reports', [SCOPES_HEADER]: 'reports:read' };
      expect(passed).toMatchObject({ to: 'service', headers: found });
      expect(service.events).toMatchObject([
        { action: { name: endpointOf(method, '/reports/7') }, client: { address: '203.0.113.7', agent: 'curl/8' } },
      ]);
    },
  );

  it('tells the client why it is refused, and nothing of the gateway’s own', async () => {
    service.refuse('token-a');

    const passed = await check(service, original());

    expect(passed).toEqual({
      to: 'client',
      status: 401,
      headers: {
        'www-authenticate': 'Bearer error="invalid_token"',
        'content-type': expect.stringMatching(/^application\/problem\+json/) as string,
      },
      body: expect.stringContaining('"code":"CREDENTIAL_REFUSED"') as string,
    });
  });

  it.each(['token-a', 'token-b'])('tells the access log, and nobody else, who was asked about: %s', async (token) => {
    service.refuse('token-a');
    const headers = { authorization: `Bearer ${token}`, host: 'reports.example' };

    const passed = await check(service, original({ headers }));
    const answer = await fetch(`${service.url}${path_prefix}/reports/7`, {
      headers: { authorization: headers.authorization },
    });

    const logged = listed(authorization_response.dynamic_metadata_from_headers);
    const [event] = service.events;
    expect(logged).toEqual([SUBJECT_HEADER, OUTCOME_HEADER]);
    expect(logged.map((name) => answer.headers.get(name))).toEqual([
      event?.kind === 'usage' ? event.subject : undefined,
      token === 'token-a' ? 'contained' : 'accepted',
    ]);
    expect(logged.filter((name) => name in passed.headers)).toEqual([]);
  });

  it('tells none of it to who is no listed proxy', async () => {
    const { hostname, port } = new URL(service.url);
    const headers = { authorization: 'Bearer token-a' };
    const asked = send({ hostname, port, path: `${path_prefix}/reports/7`, headers, localAddress: '127.0.0.2' }).end();
    const [answer] = (await once(asked, 'response')) as [IncomingMessage];
    answer.resume();

    expect(answer.statusCode).toBe(200);
    expect(Object.keys(answer.headers).filter((name) => name === SUBJECT_HEADER || name === OUTCOME_HEADER)).toEqual(
      [],
    );
  });

  it('asks for a token where there is none', async () => {
    const { authorization: _none, ...headers } = original().headers;
    const passed = await check(service, { ...original(), headers });

    expect(passed).toMatchObject({ to: 'client', status: 401, headers: { 'www-authenticate': 'Bearer' } });
  });

  it('shuts a privileged route by its original path while the gateway is stale', async () => {
    service.shut.push('POST /admin/users');

    const [shut, open] = [
      await check(service, original({ method: 'POST', path: '/admin/users?x=1' })),
      await check(service, original({ method: 'GET', path: '/admin/users' })),
    ];

    expect([shut, open.to]).toEqual([{ to: 'client', status: 503, headers: {}, body: '' }, 'service']);
  });

  it.each(['/reports/a%2Fb', '//reports', '/a/../b', '/%E2%82%AC', '/'])('knows what %s asks for', async (path) => {
    await check(service, original({ path }));

    expect(service.events).toMatchObject([{ action: { name: endpointOf('GET', path) } }]);
  });

  it('does not believe a client that says its write was a read', async () => {
    const claims = { 'x-original-method': 'GET', 'x-original-uri': '/harmless' };

    await check(service, original({ method: 'DELETE', headers: claims }));

    expect(service.events).toMatchObject([{ action: { kind: 'write', name: 'DELETE /reports/*' } }]);
  });
});
