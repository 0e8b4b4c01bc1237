import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { presentToGithub } from '../../../activities/providers/github-api';

const PAGE = { 'content-type': 'text/html' };
const JSON_TYPE = { 'content-type': 'application/json' };

let server: Server;
let url: string;
let said: { readonly status: number; readonly headers: Readonly<Record<string, string>>; readonly text: string };

beforeAll(async () => {
  server = createServer((_request, response) => response.writeHead(said.status, said.headers).end(said.text));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});

afterAll(() => server.close());

it.each([
  ['refused', 401, JSON_TYPE, '{"message":"Bad credentials"}'],
  ['accepted', 200, JSON_TYPE, '{"resources":{}}'],
  // A proxy that wants to know who we are, and a network that lets nobody through.
  ['no answer', 401, PAGE, '<html>log in</html>'],
  ['no answer', 200, PAGE, '<html>welcome</html>'],
  ['no answer', 403, JSON_TYPE, '{"message":"rate limit"}'],
] as const)('a token is %s that is answered %i with %p', async (answer, status, headers, text) => {
  said = { status, headers, text };

  const presented = await presentToGithub(url, 'ghp_x', 'mark', new AbortController().signal);

  expect(presented.answer).toBe(answer);
});

it.each([
  ['what limits it', 429, JSON_TYPE, '{"message":"rate limit"}'],
  ['a proxy with a page', 503, PAGE, '<html>too busy</html>'],
  ['a proxy that wants to know who we are', 401, PAGE, '<html>log in later</html>'],
] as const)('hands on the wait that %s asks for, answering %i', async (_who, status, headers, text) => {
  said = { status, headers: { ...headers, 'retry-after': '7' }, text };

  const presented = await presentToGithub(url, 'ghp_x', 'mark', new AbortController().signal);

  expect(presented).toEqual({ answer: 'no answer', retryAfterMs: 7_000 });
});
