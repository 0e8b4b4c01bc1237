import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { AmbiguousOutcomeError, createResilientFetch, ManagedCredential } from '../../client';
import { eventually } from '../support/eventually';

/** A status; the end of the connection, both ways there are; a refusal whose connection ends later; or nothing ever. */
type Answer = number | 'end' | 'reset' | 'half a 401' | 'silence';

const ZERO = { refused: 0, cut: 0, parked: 0, timedOut: 0, ambiguous: 0 };
/** Far longer than a test takes: what fails within a test did not wait for it. */
const LONG_MS = 60_000;

function give(answer: Answer, { socket }: IncomingMessage, response: ServerResponse): void {
  if (answer === 'silence') return;
  if (answer === 'end') socket.destroy();
  else if (answer === 'reset') socket.resetAndDestroy();
  else if (answer === 'half a 401') {
    response.writeHead(401, { 'content-length': '1000' }).write('the first half');
    setTimeout(() => socket.destroy(), 50);
  } else response.writeHead(answer).end(`answered ${answer}`);
}

/** A service of an API that answers as told by the version of the token it is shown, and by how often that was asked. */
describe('a resilient fetch', () => {
  let servers: Server[];

  beforeEach(() => void (servers = []));

  afterEach(() => {
    for (const server of servers) server.close().closeAllConnections();
  });

  async function rig(answers: Readonly<Record<number, readonly Answer[]>>, parkMs = LONG_MS) {
    const seen: string[] = [];
    const left = Object.fromEntries(Object.entries(answers).map(([version, list]) => [version, [...list]]));
    const server = createServer((request, response) => {
      const version = /^Bearer token-(\d)$/.exec(request.headers.authorization ?? '')?.[1] ?? '';
      let body = '';
      request.on('data', (chunk: Buffer) => (body += chunk.toString()));
      request.on('end', () => {
        seen.push(`${request.method} ${version} ${body}`.trim());
        give(left[version]?.shift() ?? 200, request, response);
      });
    }).listen(0, '127.0.0.1');
    servers.push(server);
    await once(server, 'listening');
    let current = 1;
    const credential = await ManagedCredential.open('reports-token', 'api-token', {
      read: (_id, version = current) =>
        Promise.resolve({ version, material: { kind: 'api-token', token: `token-${version}` } }),
    });
    return {
      server,
      seen,
      url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/orders`,
      send: createResilientFetch(credential, { parkMs }),
      publish: (version: number) => void (current = version),
    };
  }

  describe('whose connection is cut', () => {
    it.each(['end', 'reset'] as const)('is answered by the next version (%s)', async (cut) => {
      const { send, url, seen, publish } = await rig({ 1: [cut] });
      publish(2);

      const response = await send(url);

      expect([response.status, await response.text()]).toEqual([200, 'answered 200']);
      expect(seen).toEqual(['GET 1', 'GET 2']);
      expect(send.counters).toEqual({ ...ZERO, cut: 1, parked: 1 });
    });

    it.each(['HEAD', 'OPTIONS', 'get'])('repeats %s, which only reads', async (method) => {
      const { send, url, seen, publish } = await rig({ 1: ['end'] });
      publish(2);

      expect((await send(url, { method })).status).toBe(200);
      expect(seen).toHaveLength(2);
    });

    it.each([
      { method: 'POST', body: '{}' },
      { method: 'PUT', body: '{}' },
      { method: 'DELETE' },
      { method: 'GET', safeToRepeat: false },
    ])('says that nobody knows whether it was done (%o)', async (request) => {
      const { send, url, seen, publish } = await rig({ 1: ['end'] });
      publish(2);

      const failure: unknown = await send(url, request).catch((error: unknown) => error);

      expect(failure).toBeInstanceOf(AmbiguousOutcomeError);
      expect(failure).toMatchObject({ cause: { message: 'fetch failed' } });
      expect(seen).toHaveLength(1);
      expect(send.counters).toEqual({ ...ZERO, cut: 1, ambiguous: 1 });
    });

    it('repeats a write that is declared safe to repeat, once', async () => {
      const { send, url, seen, publish } = await rig({ 1: ['end'], 2: [201] });
      publish(2);

      const response = await send(url, { method: 'POST', body: '{"key":7}', safeToRepeat: true });

      expect(response.status).toBe(201);
      expect(seen).toEqual(['POST 1 {"key":7}', 'POST 2 {"key":7}']);
    });

    it('is sent once more after the wait when no other version came: it may have been the network', async () => {
      const { send, url, seen } = await rig({ 1: ['end'] }, 200);

      expect((await send(url)).status).toBe(200);
      expect(seen).toEqual(['GET 1', 'GET 1']);
      expect(send.counters).toEqual({ ...ZERO, cut: 1, parked: 1, timedOut: 1 });
    });

    it('fails as fetch does when it stays so, and is sent no third time', async () => {
      const { send, url, seen } = await rig({ 1: ['end', 'end'] }, 200);

      await expect(send(url)).rejects.toMatchObject({ name: 'TypeError', message: 'fetch failed' });
      expect(seen).toHaveLength(2);
      expect(send.counters).toEqual({ ...ZERO, cut: 2, parked: 1, timedOut: 1 });
    });
  });

  describe('that is refused', () => {
    it('is sent again whatever it does: nothing was done', async () => {
      const { send, url, seen, publish } = await rig({ 1: [401], 2: [201] });
      publish(2);

      const response = await send(url, { method: 'POST', body: '{}', safeToRepeat: false });

      expect([response.status, await response.text()]).toEqual([201, 'answered 201']);
      expect(seen).toEqual(['POST 1 {}', 'POST 2 {}']);
      expect(send.counters).toEqual({ ...ZERO, refused: 1, parked: 1 });
    });

    it('is sent no third time, and gives the second 401', async () => {
      const { send, url, seen, publish } = await rig({ 1: [401], 2: [401] });
      publish(2);

      const response = await send(url);

      expect([response.status, await response.text()]).toEqual([401, 'answered 401']);
      expect(seen).toEqual(['GET 1', 'GET 2']);
      expect(send.counters).toEqual({ ...ZERO, refused: 2, parked: 1 });
    });

    it('fails as fetch does when nobody listens any more by then', async () => {
      const { send, url, server, publish } = await rig({ 1: [401] });
      const response = send(url, { method: 'POST', body: '{}' });
      await eventually(
        () => send.counters.parked,
        (parked) => parked === 1,
      );
      server.close().closeAllConnections();
      await once(server, 'close');
      publish(2);

      await expect(response).rejects.toThrow('fetch failed');
    });

    it('gives its 401 when no other version comes in time', async () => {
      const { send, url, seen } = await rig({ 1: [401] }, 200);

      const response = await send(url);

      expect([response.status, await response.text()]).toEqual([401, 'answered 401']);
      expect(seen).toHaveLength(1);
      expect(send.counters).toEqual({ ...ZERO, refused: 1, parked: 1, timedOut: 1 });
    });

    it('keeps nobody else waiting: the 401 may be of what it asks for', async () => {
      const { send, url, seen } = await rig({ 1: [401] }, 2_000);
      const refused = send(url);
      await eventually(
        () => send.counters.parked,
        (parked) => parked === 1,
      );

      expect((await send(url)).status).toBe(200);
      expect(send.counters).toMatchObject({ parked: 1, timedOut: 0 });
      expect((await refused).status).toBe(401);
      expect(seen).toHaveLength(2);
    });

    it('waits on though the connection of its 401 ends meanwhile', async () => {
      const { send, url, publish } = await rig({ 1: ['half a 401'] });
      const response = send(url);
      await eventually(
        () => send.counters.parked,
        (parked) => parked === 1,
      );
      await new Promise((resolve) => setTimeout(resolve, 200));
      publish(2);

      expect((await response).status).toBe(200);
    });

    it('may have been done when the connection of its repetition is cut', async () => {
      const { send, url, publish } = await rig({ 1: [401], 2: ['end'] });
      publish(2);

      await expect(send(url, { method: 'POST', body: '{}' })).rejects.toThrow(AmbiguousOutcomeError);
      expect(send.counters).toEqual({ ...ZERO, refused: 1, cut: 1, parked: 1, ambiguous: 1 });
    });
  });

  describe('whose caller gives up', () => {
    it.each(['GET', 'POST'])('fails at once with the reason given, and is not sent again (%s)', async (method) => {
      const { send, url, seen, publish } = await rig({ 1: ['silence'] });
      publish(2);
      const caller = new AbortController();
      const reason = Object.assign(new Error('had enough'), { cause: { code: 'ECONNRESET' } });

      const response = send(url, { method, signal: caller.signal });
      await eventually(
        () => seen.length,
        (requests) => requests === 1,
      );
      caller.abort(reason);

      await expect(response).rejects.toBe(reason);
      expect(seen).toHaveLength(1);
      expect(send.counters).toEqual(ZERO);
    });

    it('fails when its own time is over', async () => {
      const { send, url } = await rig({ 1: ['silence'] });

      const response = send(url, { signal: AbortSignal.timeout(100) });

      await expect(response).rejects.toMatchObject({ name: 'TimeoutError' });
      expect(send.counters).toEqual(ZERO);
    });

    it.each([401, 'end'] as const)('waits for no other version any more (%s)', async (answer) => {
      const { send, url, seen } = await rig({ 1: [answer] });
      const caller = new AbortController();

      const response = send(url, { signal: caller.signal });
      await eventually(
        () => send.counters.parked,
        (parked) => parked === 1,
      );
      caller.abort();

      await expect(response).rejects.toMatchObject({ name: 'AbortError' });
      expect(seen).toHaveLength(1);
      expect(send.counters).toMatchObject({ parked: 1, timedOut: 0 });
    });
  });

  it.each(['GET', 'POST'])('fails at once where nobody listens: that is an outage (%s)', async (method) => {
    const { send, url, server, publish } = await rig({});
    server.close();
    publish(2);

    await expect(send(url, { method })).rejects.toMatchObject({ cause: { code: 'ECONNREFUSED' } });
    expect(send.counters).toEqual(ZERO);
  });
});
