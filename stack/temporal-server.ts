import { join } from 'node:path';
import { Connection } from '@temporalio/client';
import { freePort } from './free-port';
import { ManagedProcess } from './managed-process';
import { SEARCH_ATTRIBUTE_NAMES } from './search-attributes';
import type { ServerPlace } from './server-place';

/**
 * On a one-shard development server each queue processor polls at most 20 times a second by default, which quantises
 * every task to 50 ms (measured: seven sequential activities 750 ms with the default, 178 ms with this).
 */
const DYNAMIC_CONFIG = [
  'history.transferProcessorMaxPollRPS=10000',
  'history.timerProcessorMaxPollRPS=10000',
  'history.visibilityProcessorMaxPollRPS=10000',
  'matching.enableFairness=true',
  // For a few workers; by default four partitions pass tasks and polls on to each other.
  'matching.numTaskqueueReadPartitions=1',
  'matching.numTaskqueueWritePartitions=1',
];

export const NAMESPACE = 'default';
const READY_TIMEOUT_MS = 60_000;
const PROBE_TIMEOUT_MS = 2_000;

export interface UiOptions {
  readonly port: number;
  /** Of a codec server that lets the page show what is stored encrypted. */
  readonly codecEndpoint: string;
}

export interface TemporalServer {
  address: string;
  uiUrl: string;
  server: ManagedProcess;
}

/** Starts Temporal's development server with the Web UI; its state is a file, so it can be killed and started again. */
export async function startTemporalServer(
  program: string,
  place: ServerPlace,
  ui: UiOptions,
  config: readonly string[] = [],
): Promise<TemporalServer> {
  const port = await freePort();
  const address = `127.0.0.1:${port}`;
  const uiUrl = `http://127.0.0.1:${ui.port}`;
  const server = new ManagedProcess({
    name: 'Temporal',
    program,
    args: [
      ...['server', 'start-dev', '--ip', '127.0.0.1', '--port', `${port}`],
      ...['--ui-ip', '127.0.0.1', '--ui-port', `${ui.port}`, '--ui-codec-endpoint', ui.codecEndpoint],
      ...['--db-filename', join(place.directory, 'temporal.sqlite'), '--log-format', 'json', '--log-level', 'warn'],
      ...[...DYNAMIC_CONFIG, ...config].flatMap((setting) => ['--dynamic-config-value', setting]),
      ...SEARCH_ATTRIBUTE_NAMES.flatMap((name) => ['--search-attribute', `${name}=Keyword`]),
    ],
    cwd: place.directory,
    logFile: join(place.directory, 'temporal.log'),
    pidFile: place.pidFile,
    stopSignal: 'SIGTERM',
    graceSeconds: 5,
    readyTimeoutMs: READY_TIMEOUT_MS,
    // Both are asked: the UI is what a person opens, and two answers make it sure that this is our own server.
    probe: async () => {
      await probeTemporal(address, NAMESPACE);
      await fetch(uiUrl, { signal: AbortSignal.timeout(PROBE_TIMEOUT_MS) }).then((answer) => answer.body?.cancel());
    },
  });
  await server.start();
  return { address, uiUrl, server };
}

/** Rejects unless a Temporal server answers at the address and knows the namespace. */
export async function probeTemporal(
  address: string,
  namespace: string,
  then: (connection: Connection) => Promise<void> = () => Promise.resolve(),
): Promise<void> {
  // Without the retries that come by default: one that is due when the connection is closed throws from a timer, where
  // nobody can catch it.
  const connection = Connection.lazy({ address, connectTimeout: PROBE_TIMEOUT_MS, interceptors: [] });
  try {
    await connection.ensureConnected();
    await connection.withDeadline(Date.now() + PROBE_TIMEOUT_MS, () =>
      connection.workflowService.describeNamespace({ namespace }),
    );
    await then(connection);
  } finally {
    await connection.close();
  }
}
