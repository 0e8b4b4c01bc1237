import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { fetch } from 'undici';
import { freePort } from '../../stack/free-port';
import { ManagedProcess } from '../../stack/managed-process';
import { debianProgram, NGINX } from '../../stack/toolchain/debian-program';

const TEMPLATE = resolve(__dirname, '../../docs/examples/nginx.conf');

export interface Nginx {
  readonly url: string;
  /** The lines of its access log, which it writes as the documented format says. */
  accessLog(): Promise<readonly string[]>;
  stop(): Promise<void>;
}

/** A real nginx with the documented configuration, as a process of its own, which needs no root and is ended by its pid, also when the tests are killed. */
export async function startNginx(behind: { readonly gateway: string; readonly service: string }): Promise<Nginx> {
  const { program, libraryPath } = await debianProgram(NGINX, (line) => process.stderr.write(`${line}\n`));
  const state = await mkdtemp(join(tmpdir(), 'tourniquet-nginx-'));
  const listen = `127.0.0.1:${await freePort()}`;
  const values: Record<string, string> = {
    LISTEN: listen,
    GATEWAY: new URL(behind.gateway).host,
    SERVICE: new URL(behind.service).host,
    STATE: state,
  };
  const template = await readFile(TEMPLATE, 'utf8');
  const config = template.replace(/@([A-Z]+)@/g, (whole, name: string) => values[name] ?? whole);
  await writeFile(join(state, 'nginx.conf'), config);
  const args = ['-p', state, '-c', join(state, 'nginx.conf'), '-g', 'daemon off; master_process off;'];
  const url = `http://${listen}`;
  const nginx = new ManagedProcess({
    name: 'nginx',
    program,
    args,
    cwd: state,
    logFile: join(state, 'output.log'),
    pidFile: join(state, 'leash.pid'),
    stopSignal: 'SIGTERM',
    graceSeconds: 5,
    readyTimeoutMs: 15_000,
    probe: async () => void (await (await fetch(url)).text()),
    ...(libraryPath === undefined ? {} : { env: { LD_LIBRARY_PATH: libraryPath } }),
  });
  await nginx.start();
  return {
    url,
    accessLog: async () => {
      const text = await readFile(join(state, 'access.log'), 'utf8');
      return text.split('\n').filter((line) => line !== '');
    },
    async stop() {
      await nginx.stop();
      await rm(state, { recursive: true, force: true });
    },
  };
}
