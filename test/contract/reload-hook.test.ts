import { once } from 'node:events';
import { createServer, type AddressInfo, type Server } from 'node:net';
import { createReloadHookAdapter } from '../../activities/dependents/reload-hook';
import { createReloadHook } from '../../client';
import type { DependentRecord } from '../../domain/credential';
import { FaultProxy } from '../../drills/chaos/fault-proxy';
import { callContext } from '../support/call-context';
import { sampleVersion } from '../support/sample-credential';
import { findSecrets } from '../support/secret-scan';
import { openTokenUse } from '../support/token-secrets';
import { BUSY_HTTP, HTTP_CHANGE } from '../support/server-says';
import { describeDependent, type DependentRig } from './dependent.contract';

const HOOK_KEY = 'canary-hook-key';

/** A TCP server that answers each request with the same bytes, or never. */
async function rawServer(answer?: string): Promise<{ server: Server; url: string }> {
  const server = createServer((socket) => {
    socket.on('error', () => undefined);
    socket.on('data', () => answer !== undefined && socket.end(answer));
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  return { server, url: `http://127.0.0.1:${(server.address() as AddressInfo).port}` };
}

function record(target: string): DependentRecord {
  return { id: 'orders-checkout', kind: 'reload-hook', target, owner: 'payments', criticality: 1 };
}

/** The real reload hook of the client library, over HTTP. */
async function makeRig(): Promise<DependentRig> {
  const credentialId = 'reports-token';
  const token = await openTokenUse(credentialId);
  const hook = createReloadHook(HOOK_KEY, new Map([[credentialId, token.use]]));
  const bodies: string[] = [];
  hook.addHook('preHandler', async (request) => void bodies.push(JSON.stringify([request.url, request.body])));
  hook.addHook('onSend', async (_request, _reply, payload) => void bodies.push(String(payload)));
  const address = await hook.listen({ host: '127.0.0.1', port: 0 });
  const way = await FaultProxy.start({ host: '127.0.0.1', port: Number(new URL(address).port) });
  const target = `http://127.0.0.1:${way.port}`;
  const silent = await rawServer();
  const servers = [silent.server];

  return {
    ...token,
    adapter: createReloadHookAdapter(HOOK_KEY),
    dependent: record(target),
    silent: record(silent.url),
    credentialId,
    async garble() {
      const garbling = await rawServer('HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\n<html');
      servers.push(garbling.server);
      return record(garbling.url);
    },
    withWrongKey: () => createReloadHookAdapter('canary-wrong-key'),
    way,
    busy: BUSY_HTTP,
    changing: HTTP_CHANGE,
    cut: () => Promise.resolve(void (way.mode = 'refuse')),
    traffic: () => Promise.resolve(bodies),
    secrets: [...token.secrets, HOOK_KEY, 'canary-wrong-key'],
    async stop() {
      await way.stop();
      await hook.close();
      for (const server of servers) server.close();
    },
  };
}

describeDependent({ name: 'reload-hook', make: makeRig });

describe('what a reload hook is reached with', () => {
  it.each([
    ['a target that holds a password', 'http://service:canary-password@127.0.0.1:9', HOOK_KEY],
    ['a key that is no header value', 'http://127.0.0.1:9', 'canary-hook\nkey'],
  ])('stands in no error: %s', async (_case, target, key) => {
    const call = createReloadHookAdapter(key).activate(record(target), sampleVersion(), callContext());

    const error: unknown = await call.catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ code: 'DEPENDENT_UNREACHABLE' });
    expect(findSecrets(error, ['canary'])).toEqual([]);
  });
});
