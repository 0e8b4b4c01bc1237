import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { compiledProgram } from '../../stack/compiled-program';
import { ManagedProcess } from '../../stack/managed-process';
import type { EstateConfigs } from './process-config';

const PROGRAMS: Readonly<Record<keyof EstateConfigs, string>> = {
  ordersService: 'orders-service',
  reportsClient: 'reports-client',
  reportsApi: 'reports-api',
  attacker: 'attacker',
  accountService: 'account-service',
  accountThief: 'account-thief',
};

/** One running process of the estate. */
export interface EstateProcess {
  readonly name: string;
  /** What it has counted so far. */
  counters(): Promise<unknown>;
  stop(): Promise<void>;
}

/** Starts a process of the estate with its configuration in a file only we can read. */
export async function startEstateProcess<N extends keyof EstateConfigs>(
  directory: string,
  kind: N,
  name: string,
  config: EstateConfigs[N],
  countersPort: number,
): Promise<EstateProcess> {
  const configFile = join(directory, `${name}.json`);
  await writeFile(configFile, JSON.stringify(config), { mode: 0o600 });
  const base = `http://127.0.0.1:${countersPort}`;
  const managed = new ManagedProcess({
    name,
    program: process.execPath,
    args: ['--enable-source-maps', compiledProgram('drills', 'estate', `${PROGRAMS[kind]}.js`), configFile],
    cwd: directory,
    logFile: join(directory, `${name}.log`),
    pidFile: join(directory, `${name}.pid`),
    stopSignal: 'SIGTERM',
    graceSeconds: 10,
    readyTimeoutMs: 30_000,
    probe: async () => {
      const response = await fetch(`${base}/healthz`);
      if (!response.ok) throw new Error(`answered ${response.status}`);
    },
  });
  await managed.start();
  return {
    name,
    counters: async () => (await fetch(`${base}/counters`)).json(),
    stop: () => managed.stop(),
  };
}
