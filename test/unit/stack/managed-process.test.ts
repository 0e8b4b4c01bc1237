import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { isAlive } from '../../../stack/is-alive';
import { ManagedProcess, type ProcessSpec } from '../../../stack/managed-process';
import { temporaryFolder } from '../../support/temporary-folder';

describe('ManagedProcess', () => {
  const folder = temporaryFolder();

  function processOf(script: string, more: Partial<ProcessSpec> = {}): ManagedProcess {
    return new ManagedProcess({
      name: 'the server',
      program: '/bin/sh',
      args: ['-c', script],
      cwd: folder.path,
      logFile: join(folder.path, 'server.log'),
      pidFile: join(folder.path, 'server.pid'),
      stopSignal: 'SIGTERM',
      graceSeconds: 1,
      readyTimeoutMs: 300,
      probe: () => Promise.resolve(),
      ...more,
    });
  }

  it('runs the program itself under its own pid, which a file tells', async () => {
    const server = processOf('exec sleep 60');

    await server.start();

    expect(isAlive(server.pid)).toBe(true);
    expect(Number(await readFile(join(folder.path, 'server.pid'), 'utf8'))).toBe(server.pid);
    await server.stop();
    expect(isAlive(server.pid)).toBe(false);
  });

  it('starts again after a crash, with another pid', async () => {
    const server = processOf('exec sleep 60');
    await server.start();
    const first = server.pid;

    await server.kill();
    await server.start();

    expect(isAlive(first)).toBe(false);
    expect(server.pid).not.toBe(first);
    await server.stop();
  });

  it('kills one that does not heed the stop signal', async () => {
    // Announces itself, so that the trap is set before we signal.
    const heard = join(folder.path, 'trapped');
    const server = processOf(`trap '' TERM; touch ${heard}; while :; do sleep 0.1; done`, {
      probe: () => readFile(heard).then(() => undefined),
      readyTimeoutMs: 5_000,
    });
    await server.start();

    await server.stop();

    expect(isAlive(server.pid)).toBe(false);
  });

  it('reports one that ends before it is ready, with the end of its log', async () => {
    const server = processOf('echo no such option >&2; exit 3', {
      probe: () => Promise.reject(new Error('refused')),
      readyTimeoutMs: 5_000,
    });

    await expect(server.start()).rejects.toMatchObject({
      code: 'SERVER_EXITED',
      message: expect.stringMatching(/status 3[^]*no such option/) as string,
    });
  });

  it('reports one that never answers, and leaves it not running', async () => {
    const server = processOf('exec sleep 60', { probe: () => Promise.reject(new Error('connection refused')) });

    await expect(server.start()).rejects.toMatchObject({
      code: 'SERVER_NOT_READY',
      message: expect.stringContaining('connection refused') as string,
    });
    expect(isAlive(server.pid)).toBe(false);
  });
});
