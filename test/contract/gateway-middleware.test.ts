import { once } from 'node:events';
import { Agent, get, request, type IncomingMessage } from 'node:http';
import { connect, type Socket } from 'node:net';
import { json } from 'node:stream/consumers';
import { fetch } from 'undici';
import { eventually } from '../support/eventually';
import { GUARDS, startGuardedService, subjectOf, type GuardedService } from '../support/guarded-services';

const OFFICE = '203.0.113.7';
const OFFICE_LANE = {
  mode: 'known-contexts-only' as const,
  allow: [{ id: 'office', networks: ['203.0.113.0/24'] }],
};
/** "Within milliseconds", with room for a machine that does something else. */
const AT_ONCE_MS = 2_000;

describe.each(Object.keys(GUARDS) as (keyof typeof GUARDS)[])('%s', (guard) => {
  let service: GuardedService;

  beforeEach(async () => {
    service = await startGuardedService(guard);
  });

  afterEach(() => service.stop());

  const headers = (token: string, address = OFFICE) => ({
    authorization: `Bearer ${token}`,
    'x-forwarded-for': address,
  });

  function ask(token: string | undefined, path = '/reports/7', more: Record<string, string> = {}) {
    return fetch(`${service.url}${path}`, { headers: { ...(token ? headers(token) : {}), ...more } });
  }

  /** Opens the stream and reads its first bytes; `ended` gives how, and when. */
  async function openStream(token: string, address?: string, agent?: Agent) {
    const asked = get(`${service.url}/stream`, { headers: headers(token, address), ...(agent ? { agent } : {}) });
    const [response] = (await once(asked, 'response')) as [IncomingMessage];
    await once(response, 'data');
    const ended = new Promise<number>((resolve) => response.on('error', () => resolve(Date.now())));
    let open = true;
    void ended.then(() => (open = false));
    return { response, ended, isOpen: () => open };
  }

  /** A keep-alive connection, and its next request. */
  async function askBy(agent: Agent, token: string): Promise<{ status: number | undefined; socket: Socket }> {
    const asked = request(`${service.url}/reports/7`, { agent, headers: headers(token) }).end();
    const [response] = (await once(asked, 'response')) as [IncomingMessage];
    const socket = response.socket;
    response.resume();
    await once(response, 'end');
    return { status: response.statusCode, socket };
  }

  it('lets through with the principal and the scopes it found, whatever the client claims', async () => {
    const response = await ask('token-a', '/reports/7?secret=x', {
      'x-tourniquet-principal': 'admin',
      'x-tourniquet-scopes': 'everything',
    });

    expect(await response.json()).toEqual({ principal: 'reports', scopes: 'reports:read' });
    expect(service.events).toMatchObject([{ outcome: 'accepted', client: { address: OFFICE } }]);
    expect(JSON.stringify(service.events)).not.toMatch(/secret|token-a/);
  });

  it('tells the service what it found though the client names that as of this connection only, or writes it otherwise', async () => {
    const hostile = {
      connection: 'close, X-Tourniquet-Scopes, x-tourniquet-principal',
      x_tourniquet_principal: 'admin',
      'X_Tourniquet-Scopes': 'everything',
    };
    // Not by `fetch`, which sends no such header.
    const asked = get(`${service.url}/reports/7`, { headers: { ...headers('token-a'), ...hostile } });
    const [response] = (await once(asked, 'response')) as [IncomingMessage];

    expect(await json(response)).toEqual({ principal: 'reports', scopes: 'reports:read' });
  });

  it.each([
    [undefined, 'Bearer'],
    ['made-up', 'Bearer error="invalid_token"'],
    ['token-b', 'Bearer error="invalid_token"'],
  ])('refuses %s before the service is reached, and says no more than it must', async (token, challenge) => {
    service.refuse('token-b');

    const response = await ask(token);

    expect([response.status, response.headers.get('www-authenticate')]).toEqual([401, challenge]);
    expect(response.headers.get('content-type')).toContain('application/problem+json');
    expect(await response.json()).toMatchObject({ status: 401, code: 'CREDENTIAL_REFUSED' });
    expect(service.reached).toEqual([]);
  });

  it('shuts a privileged route while nobody knows, and says when to come again', async () => {
    service.shut.push('GET /reports/7');

    const shut = await ask('token-a', '/reports/7?x=1');
    const open = await ask('token-a', '/reports/8');

    expect([shut.status, shut.headers.get('retry-after'), open.status]).toEqual([503, '1', 200]);
    expect(shut.headers.get('content-type')).toContain('application/problem+json');
    expect(await shut.json()).toMatchObject({ status: 503, code: 'GATEWAY_STALE' });
    expect(service.reached).toEqual(['/reports/8']);
  });

  it('cuts the open stream of a refused credential at once, and no other', async () => {
    const [refused, other] = [await openStream('token-a'), await openStream('token-b')];

    const at = Date.now();
    service.refuse('token-a');

    expect((await refused.ended) - at).toBeLessThan(AT_ONCE_MS);
    await once(other.response, 'data');
    expect(other.isOpen()).toBe(true);
    // The service does not go on for nobody.
    expect(await eventually(service.streaming, (count) => count === 1)).toBe(1);
    other.response.destroy();
  });

  it('cuts the stream of a token that was derived from a refused one, and refuses it from then on', async () => {
    const child = await openStream('child-of-token-a');
    expect(service.events).toMatchObject([{ subject: subjectOf('token-a'), outcome: 'accepted' }]);

    const at = Date.now();
    service.refuse('token-a');

    expect((await child.ended) - at).toBeLessThan(AT_ONCE_MS);
    expect((await ask('child-of-token-a')).status).toBe(401);
    expect(service.events.at(-1)).toMatchObject({ subject: subjectOf('token-a'), outcome: 'contained' });
  });

  it('leaves the stream of a context that may still pass, until its lane closes', async () => {
    const laneUntil = Date.now() + 2_000;
    const [office, elsewhere] = [await openStream('token-a', OFFICE), await openStream('token-a', '198.51.100.9')];

    service.refuse('token-a', { ...OFFICE_LANE, laneUntil });
    expect(await elsewhere.ended).toBeLessThan(laneUntil);
    expect(office.isOpen()).toBe(true);

    const endedAt = await office.ended;
    expect(endedAt).toBeGreaterThanOrEqual(laneUntil);
    expect(endedAt - laneUntil).toBeLessThan(AT_ONCE_MS);
  });

  it('cuts a stream that began in a lane when that is closed early', async () => {
    service.refuse('token-a', { ...OFFICE_LANE, laneUntil: Date.now() + 60_000 });
    const office = await openStream('token-a', OFFICE);

    service.refuse('token-a');

    await office.ended;
    expect(office.isOpen()).toBe(false);
  });

  it('ends an idle keep-alive connection whose credential is refused', async () => {
    const agent = new Agent({ keepAlive: true, maxSockets: 1 });
    const [first, second] = [await askBy(agent, 'token-a'), await askBy(agent, 'token-a')];
    expect([second.status, second.socket === first.socket]).toEqual([200, true]);

    service.refuse('token-a');
    await eventually(
      () => second.socket.destroyed,
      (destroyed) => destroyed,
    );

    expect((await askBy(agent, 'token-a')).status).toBe(401);
    agent.destroy();
  });

  it('leaves a connection that another credential uses by now: proxies share theirs', async () => {
    const agent = new Agent({ keepAlive: true, maxSockets: 1 });
    const first = await askBy(agent, 'token-a');
    await askBy(agent, 'token-b');

    service.refuse('token-a');

    expect(await askBy(agent, 'token-b')).toEqual({ status: 200, socket: first.socket });
    agent.destroy();
  });

  it('cuts a stream behind which a request of another credential was pipelined', async () => {
    const { hostname, port } = new URL(service.url);
    const socket = connect(Number(port), hostname);
    const line = (path: string, token: string) =>
      `GET ${path} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ${token}\r\n\r\n`;
    socket.write(line('/stream', 'token-a'));
    await once(socket, 'data');
    socket.write(line('/reports/7', 'token-b'));
    await eventually(
      () => service.events.length,
      (count) => count === 2,
    );

    const closed = once(socket, 'close');
    socket.on('error', () => undefined).resume();
    service.refuse('token-a');

    await closed;
  });

  it('forgets a connection that is over', async () => {
    const { response } = await openStream('token-a');
    expect(service.connections.size()).toBe(1);

    response.destroy();

    const left = await eventually(service.connections.size, (size) => size === 0);
    expect(left).toBe(0);
  });
});
