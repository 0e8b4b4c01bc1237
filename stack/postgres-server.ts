import { randomBytes } from 'node:crypto';
import { chmod, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { Client } from 'pg';
import { freePort } from './free-port';
import { initialisePostgres } from './initialise-postgres';
import { makeDirectory } from './make-directory';
import { ManagedProcess, type ManagedServer } from './managed-process';
import type { ServerPlace } from './server-place';
import { messageOf, StackError } from './stack-error';
import type { PostgresPrograms } from './toolchain/postgres-programs';
import { closedAncestor, unprivilegedUser, type SystemUser } from './unprivileged-user';

export const ADMIN_NAME = 'tourniquet_admin';
const READY_TIMEOUT_MS = 60_000;
/** After a crash of the postmaster its children need a moment to notice it; until then a new one refuses to start. */
const LEFTOVERS_TIMEOUT_MS = 15_000;

export interface PostgresServer {
  adminUrl: string;
  jsonLogDirectory: string;
  server: ManagedServer;
}

/** Starts PostgreSQL on a data directory that is made at the first start. As root, under an unprivileged user. */
export async function startPostgresServer(programs: PostgresPrograms, place: ServerPlace): Promise<PostgresServer> {
  const user = await unprivilegedUser();
  if (user) await openTheWay(place.directory, user);
  const dataDirectory = join(place.directory, 'data');
  const jsonLogDirectory = join(place.directory, 'log');
  await makeDirectory(jsonLogDirectory, 0o755, user);
  const password = await adminPassword(place.directory);
  await initialisePostgres({ programs, dataDirectory, jsonLogDirectory, adminName: ADMIN_NAME, password, user });

  const port = await freePort();
  const adminUrl = `postgresql://${ADMIN_NAME}:${password}@127.0.0.1:${port}/postgres`;
  const server = new PostgresProcess({
    name: 'PostgreSQL',
    program: join(programs.binDirectory, 'postgres'),
    args: ['-D', dataDirectory, '-p', `${port}`],
    cwd: place.directory,
    logFile: join(place.directory, 'postgres.log'),
    pidFile: place.pidFile,
    // SIGINT is PostgreSQL's fast shutdown; SIGTERM would wait for every client to go by itself.
    stopSignal: 'SIGINT',
    graceSeconds: 10,
    readyTimeoutMs: READY_TIMEOUT_MS,
    probe: () => probePostgres(adminUrl),
    user,
  });
  await server.start();
  return { adminUrl, jsonLogDirectory, server };
}

/** Rejects unless a PostgreSQL server lets us in and answers a query. */
export async function probePostgres(url: string): Promise<void> {
  const client = new Client({ connectionString: url, connectionTimeoutMillis: 2_000, query_timeout: 2_000 });
  // A connection that breaks while idle must not become an uncaught exception.
  client.on('error', () => undefined);
  try {
    await client.connect();
    await client.query('SELECT 1');
  } finally {
    await client.end().catch(() => undefined);
  }
}

class PostgresProcess extends ManagedProcess {
  override async start(): Promise<void> {
    const deadline = Date.now() + LEFTOVERS_TIMEOUT_MS;
    for (;;) {
      try {
        await super.start();
        return;
      } catch (error) {
        if (!/pre-existing shared memory block|lock file .* already exists/i.test(messageOf(error))) throw error;
        if (Date.now() > deadline) throw error;
        await delay(100);
      }
    }
  }
}

async function openTheWay(directory: string, user: SystemUser): Promise<void> {
  await chmod(directory, 0o711);
  const closed = await closedAncestor(directory);
  if (closed === undefined) return;
  throw new StackError(
    'DIRECTORY_NOT_REACHABLE',
    `As root, PostgreSQL runs as the user ${user.name}, who can't pass ${closed} to reach ${directory}. ` +
      'Choose a state directory that everybody can reach (leave it out for one in the temporary folder), or run as an ordinary user.',
  );
}

/** Kept in a file of its own next to the data, so that a state directory can be used again. */
async function adminPassword(directory: string): Promise<string> {
  const file = join(directory, 'admin-password');
  try {
    return await readFile(file, 'utf8');
  } catch {
    const password = randomBytes(24).toString('hex');
    await rm(join(directory, 'data'), { recursive: true, force: true });
    await writeFile(file, password, { mode: 0o600 });
    return password;
  }
}
