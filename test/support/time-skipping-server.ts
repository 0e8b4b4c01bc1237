import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { TestWorkflowEnvironment } from '@temporalio/testing';
import { freePort } from '../../stack/free-port';
import { ManagedProcess } from '../../stack/managed-process';
import { messageOf } from '../../stack/stack-error';
import { mavenTestServerIsCached, mavenTestServers } from './maven-test-server';
import { requestServer, type TimeSkippingSource } from './time-skipping-environment';

/** The SDK's download does not end by itself where packets are swallowed. */
const SDK_DOWNLOAD_TIMEOUT_MS = 20_000;

interface StartedSource {
  source: TimeSkippingSource;
  stop(): Promise<void>;
}

/**
 * Finds Temporal's time-skipping test server: the program that TOURNIQUET_TEST_SERVER names, else the one that the SDK
 * downloads, else the one from Maven Central (needs a JDK and Maven). The last comes first once it is in the cache.
 */
export async function findTimeSkippingServer(report: (line: string) => void): Promise<StartedSource> {
  const path = process.env['TOURNIQUET_TEST_SERVER'];
  if (path) return { source: { kind: 'program', path }, stop: () => Promise.resolve() };
  const tried: string[] = [];
  const candidates = [downloadBySdk, () => startTestServers(report)];
  if (await mavenTestServerIsCached()) candidates.reverse();
  for (const candidate of candidates) {
    try {
      return await candidate();
    } catch (error) {
      tried.push(messageOf(error));
    }
  }
  throw new Error(
    `No time-skipping test server could be had:\n${tried.map((line) => `  - ${line}`).join('\n')}\n` +
      'Install a JDK (17 or later) and Maven, or set TOURNIQUET_TEST_SERVER to the program.',
  );
}

async function downloadBySdk(): Promise<StartedSource> {
  const patience = new AbortController();
  const tooLate = delay(SDK_DOWNLOAD_TIMEOUT_MS, undefined, { signal: patience.signal });
  const environment = TestWorkflowEnvironment.createTimeSkipping();
  try {
    const winner = await Promise.race([environment, tooLate]);
    if (!winner) throw new Error(`the SDK's download did not end within ${SDK_DOWNLOAD_TIMEOUT_MS / 1_000} s`);
    // It was started only to see that it can be; the test files start their own.
    await winner.teardown();
    return { source: { kind: 'sdk' }, stop: () => Promise.resolve() };
  } finally {
    tooLate.catch(() => undefined);
    environment.catch(() => undefined);
    patience.abort();
  }
}

async function startTestServers(report: (line: string) => void): Promise<StartedSource> {
  const port = await freePort();
  const [program, args] = await mavenTestServers(port, report);
  const directory = await mkdtemp(join(tmpdir(), 'tourniquet-test-'));
  const server = new ManagedProcess({
    name: 'TestServers.java',
    program,
    args,
    cwd: directory,
    logFile: join(directory, 'server.log'),
    pidFile: join(directory, 'server.pid'),
    stopSignal: 'SIGTERM',
    graceSeconds: 3,
    readyTimeoutMs: 60_000,
    probe: async () => {
      const { socket } = await requestServer(port);
      socket.destroy();
    },
  });
  const stop = async () => {
    await server.stop();
    await rm(directory, { recursive: true, force: true });
  };
  try {
    await server.start();
  } catch (error) {
    await stop();
    throw error;
  }
  return { source: { kind: 'test-servers', port }, stop };
}
