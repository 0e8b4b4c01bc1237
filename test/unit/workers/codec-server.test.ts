import { randomBytes } from 'node:crypto';
import { request, type IncomingHttpHeaders } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { FastifyInstance } from 'fastify';
import { createPayloadCodec } from '../../../client/payload-codec';
import { CodecAccess, SESSION_MS } from '../../../workers/codec/codec-access';
import { createCodecServer } from '../../../workers/codec/codec-server';
import { issueTicket, LINK_LIFE_MS } from '../../../workers/codec/login-link';

const UI = 'http://127.0.0.1:8233';
const TOKEN = 'token-of-the-command-line';
const CAPABILITY = 'capability-of-the-web-ui';
const codec = createPayloadCodec([{ id: 'p1', key: randomBytes(32) }]);

interface Asked {
  readonly method?: 'GET' | 'POST' | 'OPTIONS';
  readonly headers?: Readonly<Record<string, string>>;
  readonly payload?: object;
}

interface Answer {
  readonly statusCode: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

/** Not by fetch, which sets Host itself. */
function send(app: FastifyInstance, url: string, { method = 'POST', headers, payload }: Asked): Promise<Answer> {
  const { port } = app.server.address() as AddressInfo;
  const body = method === 'POST' ? JSON.stringify(payload ?? {}) : '';
  const given = { host: '127.0.0.1:8403', ...(body ? { 'content-type': 'application/json' } : {}), ...headers };
  return new Promise((resolve, reject) => {
    const sent = request({ host: '127.0.0.1', port, path: url, method, headers: given }, (response) => {
      let text = '';
      response.on('data', (chunk: Buffer) => (text += chunk.toString('utf8')));
      response.on('end', () =>
        resolve({ statusCode: response.statusCode ?? 0, headers: response.headers, body: text }),
      );
    });
    // A body that is too large is answered before it was read.
    sent.on('error', reject);
    sent.end(body);
  });
}

const codeOf = ({ body }: Answer): string => (JSON.parse(body) as { code: string }).code;

describe('the codec server', () => {
  let app: FastifyInstance;
  let access: CodecAccess;
  let sealed: string;

  beforeAll(async () => {
    access = new CodecAccess(TOKEN, CAPABILITY);
    app = createCodecServer({ codec, access, uiUrl: UI });
    await app.listen({ host: '127.0.0.1', port: 0 });
    const encoded = await ask('/encode', {
      headers: bearer(TOKEN),
      payload: { payloads: [{ metadata: { encoding: base64('json/plain') }, data: base64('"secret reason"') }] },
    });
    sealed = encoded.body;
  });

  afterAll(() => app.close());

  /** Asks about the sealed payload, if nothing else is given. */
  function ask(url: string, more: Asked = {}): Promise<Answer> {
    return send(app, url, { payload: sealed ? (JSON.parse(sealed) as object) : {}, ...more });
  }

  const bearer = (token: string) => ({ authorization: `Bearer ${token}` });
  const base64 = (text: string) => Buffer.from(text).toString('base64');

  it('decodes for the bearer of the token and for the endpoint with the capability', async () => {
    for (const answer of [await ask('/decode', { headers: bearer(TOKEN) }), await ask(`/with/${CAPABILITY}/decode`)]) {
      expect(answer.statusCode).toBe(200);
      expect(JSON.parse(answer.body)).toEqual({
        payloads: [{ metadata: { encoding: base64('json/plain') }, data: base64('"secret reason"') }],
      });
    }
    expect(sealed).not.toContain(base64('"secret reason"'));
  });

  it.each<[string, string, Record<string, string>]>([
    ['nothing', '/decode', {}],
    ['another token', '/decode', bearer('guess')],
    ['an empty token', '/decode', { authorization: 'Bearer ' }],
    ['another capability', '/with/guess/decode', {}],
    ['an invented session', '/decode', { cookie: 'tourniquet-codec=guess' }],
    ['the token as a cookie', '/decode', { cookie: `tourniquet-codec=${TOKEN}` }],
    ['nothing, to encode', '/encode', {}],
  ])('does nothing for %s', async (_name, url, headers) => {
    const answer = await ask(url, { headers });

    expect([answer.statusCode, codeOf(answer)]).toEqual([401, 'CODEC_UNAUTHENTICATED']);
  });

  it('has no capability where none was given', async () => {
    const without = createCodecServer({ codec, access: new CodecAccess(TOKEN, undefined), uiUrl: UI });
    await without.listen({ host: '127.0.0.1', port: 0 });
    for (const capability of ['undefined', 'null', '%00', 'x']) {
      const { statusCode } = await send(without, `/with/${capability}/decode`, {});
      expect(statusCode).toBe(401);
    }
    await without.close();
  });

  it.each(['attacker.example', 'attacker.example:8403', '127.0.0.1.attacker.example', '10.0.0.1:8403'])(
    'refuses a request that names the host %s',
    async (host) => {
      const answer = await ask('/decode', { headers: { ...bearer(TOKEN), host } });

      expect([answer.statusCode, codeOf(answer)]).toEqual([421, 'CODEC_HOST_REFUSED']);
    },
  );

  it.each(['http://attacker.example', 'null', 'http://127.0.0.1:9999', 'https://127.0.0.1:8233'])(
    'refuses a page from %s, and says nothing of CORS to it',
    async (origin) => {
      for (const method of ['POST', 'OPTIONS'] as const) {
        const answer = await ask(`/with/${CAPABILITY}/decode`, { method, headers: { origin } });
        expect([answer.statusCode, answer.headers['access-control-allow-origin']]).toEqual([403, undefined]);
      }
    },
  );

  it.each([UI, 'http://localhost:8233'])('answers the preflight of the Web UI at %s', async (origin) => {
    const answer = await ask('/decode', { method: 'OPTIONS', headers: { origin } });

    expect(answer.statusCode).toBe(204);
    expect(answer.headers['access-control-allow-origin']).toBe(origin);
    expect(answer.headers['access-control-allow-credentials']).toBe('true');
    expect(answer.headers['access-control-allow-headers']).toContain('X-Namespace');
  });

  it('logs a browser in by a link, once, by a cookie that no script and no other site gets', async () => {
    const link = `/login/${issueTicket(TOKEN, Date.now())}`;
    const first = await ask(link, { method: 'GET' });
    const cookie = String(first.headers['set-cookie']);

    expect([first.statusCode, first.headers.location]).toEqual([303, UI]);
    expect(cookie).toMatch(/; HttpOnly; SameSite=Strict; Max-Age=43200$/);
    expect((await ask('/decode', { headers: { cookie: `other=1; ${cookie.split(';')[0]}` } })).statusCode).toBe(200);
    expect(codeOf(await ask(link, { method: 'GET' }))).toBe('CODEC_LINK_INVALID');
    for (const forged of [issueTicket('another token', Date.now()), 'a.b.c', 'x']) {
      expect((await ask(`/login/${forged}`, { method: 'GET' })).statusCode).toBe(403);
    }
  });

  it('takes neither an old link nor one from before its start, and a session ends', () => {
    const start = 1_700_000_000_000;
    const desk = new CodecAccess(TOKEN, undefined, start);
    expect(desk.logIn(issueTicket(TOKEN, start - 1), start)).toBeUndefined();
    expect(desk.logIn(issueTicket(TOKEN, start), start + LINK_LIFE_MS + 1)).toBeUndefined();

    const session = desk.logIn(issueTicket(TOKEN, start + 1), start + LINK_LIFE_MS) ?? '';
    const shown = { authorization: undefined, capability: undefined, cookie: `tourniquet-codec=${session}` };
    expect(desk.allows(shown, start + LINK_LIFE_MS + SESSION_MS - 1)).toBe(true);
    expect(desk.allows(shown, start + LINK_LIFE_MS + SESSION_MS)).toBe(false);
  });

  it('bounds what it reads, and names what it can not read', async () => {
    const headers = bearer(TOKEN);
    const large = { payloads: [{ data: 'A'.repeat(7 * 1024 * 1024) }] };
    const changed = sealed.replace(/"data":"..../, '"data":"AAAA');

    expect((await ask('/decode', { headers, payload: large })).statusCode).toBe(413);
    expect((await ask('/decode', { headers, payload: { payloads: [{ data: '%' }] } })).statusCode).toBe(400);
    const unreadable = await ask('/decode', { headers, payload: JSON.parse(changed) as object });
    expect([unreadable.statusCode, codeOf(unreadable)]).toEqual([422, 'PAYLOAD_UNREADABLE']);
  });
});
