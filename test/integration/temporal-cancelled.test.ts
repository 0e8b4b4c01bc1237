import { readFile } from 'node:fs/promises';
import { Connection } from '@temporalio/client';
import { startLocalStack } from '../../stack/local-stack';
import { probeTemporal, NAMESPACE } from '../../stack/temporal-server';
import { TEMPORAL } from '../../stack/toolchain/program-recipe';
import { resolveProgram } from '../../stack/toolchain/resolve-program';

const CONNECTIONS = 8;
const EACH = 4;
/** A count, since a busy machine cancels fewer a second; the driver that Temporal 1.5.1 asks for is lost well before. */
const CANCELLED = 1_000;

describe("Temporal's development server", () => {
  it('goes on answering after queries of its database were cancelled, as when a worker is killed', async () => {
    if (!(await isBuiltWithNewerModules())) {
      process.stderr.write(
        'skipped: this Temporal is a release, which is built with a driver of SQLite that has the defect\n',
      );
      return;
    }
    const stack = await startLocalStack({ servers: ['temporal'] });
    const address = stack.temporal?.address ?? '';
    try {
      await cancelQueries(address);

      await expect(probeTemporal(address, NAMESPACE)).resolves.toBeUndefined();
    } finally {
      await stack.stop();
    }
  }, 120_000);
});

/** Each after a few milliseconds. */
async function cancelQueries(address: string): Promise<void> {
  let cancelled = 0;
  const connections = await Promise.all(
    Array.from({ length: CONNECTIONS }, () => Connection.connect({ address, interceptors: [] })),
  );
  const askAndCancel = async (connection: Connection): Promise<void> => {
    while (cancelled < CANCELLED) {
      const deadline = Date.now() + 1 + Math.random() * 8;
      await connection
        .withDeadline(deadline, () => connection.workflowService.describeNamespace({ namespace: NAMESPACE }))
        .catch(() => (cancelled += 1));
    }
  };
  await Promise.all(connections.flatMap((connection) => Array.from({ length: EACH }, () => askAndCancel(connection))));
  await Promise.all(connections.map((connection) => connection.close()));
}

/** Go writes into a program what it is made of. */
async function isBuiltWithNewerModules(): Promise<boolean> {
  const program = await readFile(await resolveProgram(TEMPORAL, () => undefined));
  return TEMPORAL.newerModules.every((module) => program.includes(module.replace('@', '\t')));
}
