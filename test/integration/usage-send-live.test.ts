import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { writeFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { json } from 'node:stream/consumers';
import { join } from 'node:path';
import { sampleUse } from '../../detectors/sample-life';
import { compiledProgram } from '../../stack/compiled-program';
import { eventually } from '../support/eventually';
import { temporaryFolder } from '../support/temporary-folder';

const folder = temporaryFolder();
const batches: (readonly { readonly id: string }[])[] = [];
let server: Server;
let sending: ChildProcess | undefined;

beforeAll(async () => {
  server = createServer((request, response) => {
    void json(request).then((body) => {
      batches.push((body as { events: (typeof batches)[number] }).events);
      response.writeHead(202, { 'content-type': 'application/json' }).end('{}');
    });
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
});

afterAll(() => {
  sending?.kill();
  server.close();
});

it('sends what comes in on standard input while more is to come', async () => {
  const key = join(folder.path, 'key');
  await writeFile(key, `tqk_${'k'.repeat(43)}`, { mode: 0o600 });
  const api = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const args = ['usage', 'send', '--source', 'native', '--api', api, '--key-file', key, '-'];
  sending = spawn(process.execPath, [compiledProgram('cli', 'main.js'), ...args], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  const write = (...times: readonly number[]) =>
    sending?.stdin?.write(times.map((at) => `${JSON.stringify(sampleUse({ afterMs: at }))}\n`).join(''));

  write(1, 2);
  const first = await eventually(
    () => Promise.resolve(batches.length),
    (count) => count > 0,
  );
  write(3);
  sending.stdin?.end();
  const [code] = (await once(sending, 'exit')) as [number];

  expect([first, code]).toEqual([1, 0]);
  expect(batches.map((batch) => batch.length)).toEqual([2, 1]);
});
