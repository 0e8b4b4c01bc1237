import { createServer, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { deliver } from '../../../../activities/notifiers/deliver';

let server: Server;
let url: string;
let answer: (response: ServerResponse) => void;

beforeAll(async () => {
  server = createServer((_request, response) => answer(response));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/hook`;
});

afterAll(() => {
  server.closeAllConnections();
  server.close();
});

const send = () => deliver({ notifier: 'webhook', url, body: '{}', signal: new AbortController().signal });

it('takes for delivered what is answered by one byte, and then by silence', async () => {
  answer = (response) => void response.writeHead(200).write('o');

  await expect(send()).resolves.toBeUndefined();
});

it('takes for delivered what is answered by a status, and then by silence', async () => {
  answer = (response) => response.writeHead(202).flushHeaders();

  await expect(send()).resolves.toBeUndefined();
});

it('takes for delivered what is answered without end', async () => {
  answer = (response) => {
    response.writeHead(200);
    const more = setInterval(() => response.write('ok '.repeat(1_000)), 1);
    response.once('close', () => clearInterval(more));
  };

  await expect(send()).resolves.toBeUndefined();
});

it('takes for delivered what is answered by a beginning, and a connection that breaks', async () => {
  answer = (response) => {
    response.writeHead(200, { 'content-length': '100' }).write('ok');
    setTimeout(() => response.destroy(), 50);
  };

  await expect(send()).resolves.toBeUndefined();
});

it('does not take for delivered what is answered by HTML that does not come', async () => {
  answer = (response) => response.writeHead(200, { 'content-type': 'text/html' }).flushHeaders();

  await expect(send()).rejects.toMatchObject({ code: 'NOTIFICATION_FAILED', fields: { found: 'a web page' } });
});

it('takes for delivered what is called HTML, and is none', async () => {
  answer = (response) => void response.writeHead(200, { 'content-type': 'text/html' }).end('ok');

  await expect(send()).resolves.toBeUndefined();
});
