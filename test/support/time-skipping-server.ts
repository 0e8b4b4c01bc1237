import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { Connection } from '@temporalio/client';
import { TestWorkflowEnvironment } from '@temporalio/testing';
import { freePort } from '../../stack/free-port';
import { ManagedProcess } from '../../stack/managed-process';
import { KEYWORD, SEARCH_ATTRIBUTE_NAMES } from '../../stack/search-attributes';
import { messageOf } from '../../stack/stack-error';
import { mavenTestServer, mavenTestServerIsCached } from './maven-test-server';

/** Where the one server of this test run listens; set by the workflows project's global set-up. */
export const ADDRESS_VARIABLE = 'TQ_TEST_TIME_SKIPPING_ADDRESS';
/** The SDK's download does not end by itself where packets are swallowed. */
const SDK_DOWNLOAD_TIMEOUT_MS = 20_000;

export interface TimeSkippingServer {
  address: string;
  stop(): Promise<void>;
}

/**
 * Starts Temporal's time-skipping test server: the binary that TOURNIQUET_TEST_SERVER names, else the one that the SDK
 * downloads, else the one from Maven Central (needs Java 17 and Maven). The last comes first once it is in the cache.
 */
export async function startTimeSkippingServer(report: (line: string) => void): Promise<TimeSkippingServer> {
  const named = process.env['TOURNIQUET_TEST_SERVER'];
  if (named) return startProgram((port) => Promise.resolve([named, [`${port}`, '--enable-time-skipping']]));
  const tried: string[] = [];
  const sources = [downloadedBySdk, () => startProgram((port) => mavenTestServer(port, report))];
  if (await mavenTestServerIsCached()) sources.reverse();
  for (const source of sources) {
    try {
      return await source();
    } catch (error) {
      tried.push(messageOf(error));
    }
  }
  throw new Error(
    `No time-skipping test server could be had:\n${tried.map((line) => `  - ${line}`).join('\n')}\n` +
      'Install Java 17 or later and Maven, or set TOURNIQUET_TEST_SERVER to the program.',
  );
}

/**
 * A test environment on the server of this run. Skipped time is the server's, so it is shared by all test files: they
 * run one after the other, and none may rely on what the time was.
 */
export async function timeSkippingEnvironment(): Promise<TestWorkflowEnvironment> {
  const address = process.env[ADDRESS_VARIABLE];
  if (!address) throw new Error(`${ADDRESS_VARIABLE} is not set; is this test file in the project "workflows"?`);
  // createFromExistingServer() can't be told that its server skips time; what it calls can (private, version pinned).
  const factory = TestWorkflowEnvironment as unknown as {
    create(options: object): Promise<TestWorkflowEnvironment>;
  };
  return factory.create({ server: { type: 'existing' }, address, namespace: 'default', supportsTimeSkipping: true });
}

async function downloadedBySdk(): Promise<TimeSkippingServer> {
  const patience = new AbortController();
  const tooLate = delay(SDK_DOWNLOAD_TIMEOUT_MS, undefined, { signal: patience.signal });
  const environment = TestWorkflowEnvironment.createTimeSkipping();
  try {
    const winner = await Promise.race([environment, tooLate]);
    if (!winner) throw new Error(`the SDK's download did not end within ${SDK_DOWNLOAD_TIMEOUT_MS / 1_000} s`);
    await registerSearchAttributes(winner.address);
    return { address: winner.address, stop: () => winner.teardown() };
  } finally {
    tooLate.catch(() => undefined);
    environment.catch(() => undefined);
    patience.abort();
  }
}

async function startProgram(command: (port: number) => Promise<[string, string[]]>): Promise<TimeSkippingServer> {
  const port = await freePort();
  const [program, args] = await command(port);
  const directory = await mkdtemp(join(tmpdir(), 'tourniquet-test-'));
  const address = `127.0.0.1:${port}`;
  const server = new ManagedProcess({
    name: 'the time-skipping test server',
    program,
    args,
    cwd: directory,
    logFile: join(directory, 'server.log'),
    pidFile: join(directory, 'server.pid'),
    stopSignal: 'SIGTERM',
    graceSeconds: 3,
    readyTimeoutMs: 60_000,
    probe: () => probe(address),
  });
  const stop = async () => {
    await server.stop();
    await rm(directory, { recursive: true, force: true });
  };
  try {
    await server.start();
    await registerSearchAttributes(address);
  } catch (error) {
    await stop();
    throw error;
  }
  return { address, stop };
}

/** This server knows none, and refuses workflow tasks that set an unknown one. */
async function registerSearchAttributes(address: string): Promise<void> {
  const connection = await Connection.connect({ address });
  const searchAttributes = Object.fromEntries(SEARCH_ATTRIBUTE_NAMES.map((name) => [name, KEYWORD]));
  await connection.operatorService.addSearchAttributes({ namespace: 'default', searchAttributes });
  await connection.close();
}

async function probe(address: string): Promise<void> {
  const connection = await Connection.connect({ address, connectTimeout: 1_000 });
  await connection.close();
}
