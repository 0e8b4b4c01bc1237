import { connect, type Socket } from 'node:net';
import { TestWorkflowEnvironment } from '@temporalio/testing';
import { KEYWORD, SEARCH_ATTRIBUTE_NAMES } from '../../stack/search-attributes';

/** How this run's test files come by a time-skipping server; set by the global set-up of the project "workflows". */
export const SOURCE_VARIABLE = 'TQ_TEST_TIME_SKIPPING';

export type TimeSkippingSource =
  /** A program that understands the arguments of the SDK's own. */
  | { kind: 'program'; path: string }
  /** The one that the SDK has downloaded. */
  | { kind: 'sdk' }
  /** TestServers.java at this loopback port. */
  | { kind: 'test-servers'; port: number };

/**
 * A test environment on a time-skipping server of its own: time that one file skips, or stops by an activity that never
 * ends, is nobody else's. Its `teardown()` ends the server. Cheap enough (tens of milliseconds) for one a test.
 */
export async function timeSkippingEnvironment(): Promise<TestWorkflowEnvironment> {
  const environment = await freshEnvironment();
  // This server knows none, and refuses workflow tasks that set an unknown one.
  const searchAttributes = Object.fromEntries(SEARCH_ATTRIBUTE_NAMES.map((name) => [name, KEYWORD]));
  await environment.connection.operatorService.addSearchAttributes({ namespace: 'default', searchAttributes });
  return environment;
}

async function freshEnvironment(): Promise<TestWorkflowEnvironment> {
  const told = process.env[SOURCE_VARIABLE];
  if (!told) throw new Error(`${SOURCE_VARIABLE} is not set; is this test file in the project "workflows"?`);
  const source = JSON.parse(told) as TimeSkippingSource;
  switch (source.kind) {
    case 'sdk':
      return TestWorkflowEnvironment.createTimeSkipping();
    case 'program':
      return TestWorkflowEnvironment.createTimeSkipping({
        server: { executable: { type: 'existing-path', path: source.path } },
      });
    case 'test-servers':
      return onTestServers(source.port);
  }
}

async function onTestServers(controlPort: number): Promise<TestWorkflowEnvironment> {
  const { port, socket } = await requestServer(controlPort);
  // createFromExistingServer() can't be told that its server skips time; what it calls can (private, version pinned).
  const factory = TestWorkflowEnvironment as unknown as {
    create(options: object): Promise<TestWorkflowEnvironment>;
  };
  const environment = await factory.create({
    server: { type: 'existing' },
    address: `127.0.0.1:${port}`,
    namespace: 'default',
    supportsTimeSkipping: true,
  });
  const teardown = environment.teardown.bind(environment);
  environment.teardown = async () => {
    await teardown();
    socket.destroy();
  };
  return environment;
}

/** The server lives as long as the connection over which it was asked for. */
export function requestServer(controlPort: number): Promise<{ port: number; socket: Socket }> {
  return new Promise((resolve, reject) => {
    const socket = connect({ host: '127.0.0.1', port: controlPort });
    let text = '';
    socket.once('error', reject);
    socket.once('end', () => reject(new Error('no time-skipping server was given')));
    socket.on('data', (chunk) => {
      text += chunk.toString('utf8');
      if (!text.endsWith('\n')) return;
      // A test that failed and forgot it must not be kept alive by it.
      socket.unref();
      resolve({ port: Number.parseInt(text, 10), socket });
    });
  });
}
