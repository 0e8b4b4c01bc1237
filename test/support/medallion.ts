import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fetch } from 'undici';
import { freePort } from '../../stack/free-port';
import { ManagedProcess } from '../../stack/managed-process';
import { pythonProgram } from '../../stack/toolchain/python-environment';

/** OASIS' own TAXII 2.1 server, BSD-3; only tests use it. */
const MEDALLION = { name: 'medallion', packages: ['medallion==3.0.0'] } as const;

export const TAXII_USER = { user: 'ana', password: 'made-up-for-this-test' } as const;
const COLLECTION = '91a7b528-80eb-42ed-a74d-c6fbd5a26116';
const TAXII = 'application/taxii+json;version=2.1';

export interface Medallion {
  /** The address of its one collection. */
  readonly collection: string;
  /** Publishes STIX objects there, by TAXII. */
  add(objects: readonly object[]): Promise<void>;
  stop(): Promise<void>;
}

/** A real TAXII server on loopback, which gives two objects a page and wants to know who asks. */
export async function startMedallion(): Promise<Medallion> {
  const program = await pythonProgram(MEDALLION, (line) => process.stderr.write(`${line}\n`));
  const state = await mkdtemp(join(tmpdir(), 'tourniquet-medallion-'));
  const port = await freePort();
  const url = `http://127.0.0.1:${port}`;
  await writeFile(join(state, 'data.json'), JSON.stringify(emptyServer(url)));
  await writeFile(
    join(state, 'config.json'),
    JSON.stringify({
      backend: {
        module: 'medallion.backends.memory_backend',
        module_class: 'MemoryBackend',
        filename: join(state, 'data.json'),
      },
      users: { [TAXII_USER.user]: TAXII_USER.password },
      taxii: { max_page_size: 2 },
    }),
  );
  const authorization = `Basic ${Buffer.from(`${TAXII_USER.user}:${TAXII_USER.password}`).toString('base64')}`;
  const headers = { authorization, accept: TAXII, 'content-type': TAXII };
  const server = new ManagedProcess({
    name: 'medallion',
    program,
    args: ['--host', '127.0.0.1', '--port', String(port), join(state, 'config.json')],
    cwd: state,
    logFile: join(state, 'output.log'),
    pidFile: join(state, 'leash.pid'),
    stopSignal: 'SIGTERM',
    graceSeconds: 5,
    readyTimeoutMs: 60_000,
    probe: async () => {
      const answer = await fetch(`${url}/taxii2/`, { headers });
      await answer.text();
      if (!answer.ok) throw new Error(`medallion answers ${answer.status}`);
    },
  });
  await server.start();
  const collection = `${url}/api1/collections/${COLLECTION}/`;
  return {
    collection,
    async add(objects) {
      const answer = await fetch(`${collection}objects/`, {
        method: 'POST',
        headers,
        body: JSON.stringify({ objects }),
      });
      const text = await answer.text();
      if (answer.status !== 202) throw new Error(`medallion answers ${answer.status}: ${text}`);
    },
    async stop() {
      await server.stop();
      await rm(state, { recursive: true, force: true });
    },
  };
}

function emptyServer(url: string): object {
  return {
    '/discovery': { title: 'For tests', default: `${url}/api1/`, api_roots: [`${url}/api1/`] },
    api1: {
      information: { title: 'For tests', versions: [TAXII], max_content_length: 9_765_625 },
      status: [],
      collections: [
        {
          id: COLLECTION,
          title: 'Addresses',
          can_read: true,
          can_write: true,
          media_types: ['application/stix+json;version=2.1'],
          objects: [],
          manifest: [],
        },
      ],
    },
  };
}
