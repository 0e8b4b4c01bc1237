import { readFile } from 'node:fs/promises';
import { Connection } from '@temporalio/client';
import { startLocalStack } from '../../stack/local-stack';
import { probeTemporal, NAMESPACE } from '../../stack/temporal-server';
import { TEMPORAL } from '../../stack/toolchain/program-recipe';
import { resolveProgram } from '../../stack/toolchain/resolve-program';

const CONNECTIONS = 8;
const EACH = 4;
/** With the driver that Temporal 1.5.1 asks for it takes less than one until the server is lost. */
const SECONDS = 8;

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
      expect(await cancelQueries(address)).toBeGreaterThan(1_000);

      await expect(probeTemporal(address, NAMESPACE)).resolves.toBeUndefined();
    } finally {
      await stack.stop();
    }
  }, 60_000);
});

/** Each after a few milliseconds; resolves to how many. */
async function cancelQueries(address: string): Promise<number> {
  const end = Date.now() + SECONDS * 1_000;
  let cancelled = 0;
  const connections = await Promise.all(
    Array.from({ length: CONNECTIONS }, () => Connection.connect({ address, interceptors: [] })),
  );
  const askUntilTheEnd = async (connection: Connection): Promise<void> => {
    while (Date.now() < end) {
      const deadline = Date.now() + 1 + Math.random() * 8;
      await connection
        .withDeadline(deadline, () => connection.workflowService.describeNamespace({ namespace: NAMESPACE }))
        .catch(() => (cancelled += 1));
    }
  };
  await Promise.all(
    connections.flatMap((connection) => Array.from({ length: EACH }, () => askUntilTheEnd(connection))),
  );
  await Promise.all(connections.map((connection) => connection.close()));
  return cancelled;
}

/** Go writes into a program what it is made of. */
async function isBuiltWithNewerModules(): Promise<boolean> {
  const program = await readFile(await resolveProgram(TEMPORAL, () => undefined));
  return TEMPORAL.newerModules.every((module) => program.includes(module.replace('@', '\t')));
}
