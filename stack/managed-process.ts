import { spawn, type ChildProcess } from 'node:child_process';
import { closeSync, openSync } from 'node:fs';
import { rm, writeFile } from 'node:fs/promises';
import type { Readable } from 'node:stream';
import { setTimeout as delay } from 'node:timers/promises';
import { LEASH_SCRIPT } from './leash';
import { logTail } from './log-tail';
import { messageOf, StackError } from './stack-error';
import { childEnvironment } from './toolchain/child-environment';

/** A server of the stack, as its user sees it. */
export interface ManagedServer {
  /** The server's own process id (not that of the shell that holds its leash). */
  readonly pid: number;
  /** SIGKILL, as a crash; resolves when the process is gone. Does nothing when it isn't running. */
  kill(): Promise<void>;
  /** Start again on the same port with the same state; resolves when it answers. */
  start(): Promise<void>;
  /** An orderly end, SIGKILL after the grace time; resolves when the process is gone. */
  stop(): Promise<void>;
}

export interface ProcessSpec {
  name: string;
  program: string;
  args: readonly string[];
  cwd: string;
  logFile: string;
  pidFile: string;
  /** The signal that means "end in an orderly way" to this program. */
  stopSignal: 'SIGTERM' | 'SIGINT';
  graceSeconds: number;
  readyTimeoutMs: number;
  /** One attempt at a real answer in the server's own protocol; rejects when there is none yet. */
  probe: () => Promise<void>;
  user?: { uid: number; gid: number } | undefined;
  /** Beside what every child gets. */
  env?: Readonly<Record<string, string>>;
}

interface Running {
  pid: number;
  shell: ChildProcess;
  /** Resolves with the exit code when server and shell are gone. */
  gone: Promise<number | null>;
  exited: boolean;
}

/** Starts `spec` under a leash (see leash.ts) and watches it. */
export class ManagedProcess implements ManagedServer {
  private running: Running | undefined;
  private lastPid = 0;

  constructor(private readonly spec: ProcessSpec) {}

  get pid(): number {
    return this.lastPid;
  }

  async start(): Promise<void> {
    if (this.running && !this.running.exited) return;
    const running = await launch(this.spec);
    this.running = running;
    this.lastPid = running.pid;
    await writeFile(this.spec.pidFile, `${running.pid}\n`);
    try {
      await untilReady(this.spec, running);
    } catch (error) {
      await this.end('SIGKILL');
      throw error;
    }
  }

  async kill(): Promise<void> {
    await this.end('SIGKILL');
  }

  async stop(): Promise<void> {
    await this.end(this.spec.stopSignal);
  }

  private async end(signal: NodeJS.Signals): Promise<void> {
    const running = this.running;
    if (!running) return;
    signalProcess(running.pid, signal);
    const patience = new AbortController();
    const tooLate = delay(this.spec.graceSeconds * 1_000, 'late', { signal: patience.signal }).catch(() => 'aborted');
    if ((await Promise.race([running.gone, tooLate])) === 'late') signalProcess(running.pid, 'SIGKILL');
    patience.abort();
    await running.gone;
    await rm(this.spec.pidFile, { force: true });
    if (this.running === running) this.running = undefined;
  }
}

async function launch(spec: ProcessSpec): Promise<Running> {
  const log = openSync(spec.logFile, 'a');
  const shell = spawn(
    '/bin/sh',
    ['-c', LEASH_SCRIPT, 'leash', spec.stopSignal.slice(3), `${spec.graceSeconds}`, spec.program, ...spec.args],
    {
      cwd: spec.cwd,
      // A process group of its own: Ctrl-C in a terminal goes to the whole foreground group, and the servers have to
      // outlive the workers that talk to them.
      detached: true,
      stdio: ['pipe', log, log, 'pipe'],
      env: { ...childEnvironment(), ...spec.env },
      ...(spec.user ?? {}),
    },
  );
  closeSync(log);
  const gone = new Promise<number | null>((resolve, reject) => {
    shell.once('error', reject);
    shell.once('exit', (code) => resolve(code));
  });
  shell.stdin?.on('error', () => undefined);
  const pid = await Promise.race([readPid(shell.stdio[3] as Readable), gone.then(() => NaN)]);
  if (Number.isNaN(pid)) throw new StackError('SERVER_EXITED', `${spec.name} could not be started by /bin/sh.`);
  const running: Running = { pid, shell, gone, exited: false };
  void gone.then(() => {
    running.exited = true;
    shell.stdin?.destroy();
  });
  return running;
}

async function readPid(stream: Readable): Promise<number> {
  let text = '';
  for await (const chunk of stream) text += String(chunk);
  return Number.parseInt(text, 10);
}

/** Polls the probe until it answers; a server that ended meanwhile is reported at once and not after the time-out. */
async function untilReady(spec: ProcessSpec, running: Running): Promise<void> {
  const deadline = Date.now() + spec.readyTimeoutMs;
  let lastError: unknown;
  while (Date.now() < deadline) {
    if (running.exited) {
      const code = await running.gone;
      throw new StackError(
        'SERVER_EXITED',
        `${spec.name} ended with status ${code} before it was ready. ${await whereToLook(spec)}`,
      );
    }
    try {
      await spec.probe();
      return;
    } catch (error) {
      lastError = error;
      await delay(25);
    }
  }
  throw new StackError(
    'SERVER_NOT_READY',
    `${spec.name} gave no answer within ${spec.readyTimeoutMs / 1_000} s (${messageOf(lastError)}). ${await whereToLook(spec)}`,
    { cause: lastError },
  );
}

async function whereToLook(spec: ProcessSpec): Promise<string> {
  return `The end of its log (${spec.logFile}):\n${(await logTail(spec.logFile)) || '(empty)'}`;
}

function signalProcess(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal);
  } catch (error) {
    // ESRCH: it has ended by itself, which is what was wanted.
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
  }
}
