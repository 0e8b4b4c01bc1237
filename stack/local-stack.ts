import { cp, mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { closedAncestor } from './unprivileged-user';
import { existingNats, existingPostgres, existingTemporal } from './existing-servers';
import type { ManagedServer } from './managed-process';
import { freePort } from './free-port';
import { startLocalCodec, type LocalCodec } from './local-codec';
import { startNatsServer, type NatsConfig } from './nats-server';
import { startPostgresServer } from './postgres-server';
import type { ServerPlace } from './server-place';
import { openStateDirectory, type StateDirectory } from './state-directory';
import { NAMESPACE, startTemporalServer } from './temporal-server';
import { postgresPrograms, type PostgresPrograms } from './toolchain/postgres-programs';
import { NATS_SERVER, TEMPORAL } from './toolchain/program-recipe';
import { resolveProgram } from './toolchain/resolve-program';

export type { ManagedServer } from './managed-process';

export type StackServer = 'temporal' | 'nats' | 'postgres';

/** Addresses of servers that run already; the stack then only checks that they answer, and never stops them. */
export interface StackAddresses {
  temporal?: string;
  temporalNamespace?: string;
  /** Where people look at the workflows; by default the development server's own rule (port + 1000). */
  temporalUi?: string;
  nats?: string;
  postgres?: string;
}

export interface StackOptions {
  /** Where the state is kept and found again; by default a new temporary directory, removed at the end. */
  directory?: string;
  /** Which servers; by default all. */
  servers?: readonly StackServer[];
  addresses?: StackAddresses;
  /** More of nats-server's configuration, such as users and their permissions. */
  natsConfig?: NatsConfig;
  /** More of Temporal's dynamic configuration, each `key=value`. */
  temporalConfig?: readonly string[];
  report?: (line: string) => void;
}

export interface LocalStack {
  directory: string;
  temporal?: { address: string; namespace: string; uiUrl: string; codec: LocalCodec; server?: ManagedServer };
  nats?: { url: string; server?: ManagedServer };
  postgres?: {
    /** Connection string of a superuser. */
    adminUrl: string;
    jsonLogDirectory: string;
    /** Empty for a server that is not ours. */
    binDirectory: string;
    server?: ManagedServer;
  };
  /** Stops what was started, in the order opposite to need, and removes the directory if it was a temporary one. */
  stop(): Promise<void>;
}

/**
 * Brings up Temporal, NATS with JetStream and PostgreSQL on loopback. Each comes from an address that the caller gives,
 * from the machine, or is fetched or built (stack/toolchain). Resolves when each has answered in its own protocol.
 * Everything ends with this process, however it ends: see leash.ts. The caller's own signal handlers are left alone.
 * @throws StackError
 */
export async function startLocalStack(options: StackOptions = {}): Promise<LocalStack> {
  const report = options.report ?? (() => undefined);
  const servers = options.servers ?? ['temporal', 'nats', 'postgres'];
  const addresses = options.addresses ?? {};
  const state = await openStateDirectory(options.directory);
  const stack: LocalStack = { directory: state.path, stop: () => stopAll(stack, state) };
  try {
    const programs = await findProgramsFor(servers, addresses, report);
    const starts: Promise<void>[] = servers.map(async (name) => {
      const begin = Date.now();
      if (name === 'temporal')
        stack.temporal = await temporal(programs.temporal, addresses, state, report, options.temporalConfig);
      if (name === 'nats') stack.nats = await nats(programs.nats, addresses, state, report, options.natsConfig);
      if (name === 'postgres') stack.postgres = await postgres(programs.postgres, addresses, state, report);
      report(`${name}: ready after ${((Date.now() - begin) / 1_000).toFixed(1)} s`);
    });
    await settleAll(starts);
    return stack;
  } catch (error) {
    await stack.stop();
    throw error;
  }
}

interface Programs {
  temporal?: string;
  nats?: string;
  postgres?: PostgresPrograms;
}

/** One after the other: two builds at once would take as long, and their progress would be a muddle. */
async function findProgramsFor(
  servers: readonly StackServer[],
  addresses: StackAddresses,
  report: (line: string) => void,
): Promise<Programs> {
  const found: Programs = {};
  const wanted = (name: StackServer) => servers.includes(name) && addresses[name] === undefined;
  if (wanted('postgres')) found.postgres = await postgresPrograms(report);
  if (wanted('nats')) found.nats = await resolveProgram(NATS_SERVER, report);
  if (wanted('temporal')) found.temporal = await resolveProgram(TEMPORAL, report);
  return found;
}

type Part<Name extends StackServer> = Required<LocalStack>[Name];
type Report = (line: string) => void;

async function temporal(
  program: string | undefined,
  addresses: StackAddresses,
  state: StateDirectory,
  report: Report,
  config: readonly string[] | undefined,
): Promise<Part<'temporal'>> {
  if (program === undefined) {
    const existing = await existingTemporal(addresses);
    return { ...existing, codec: await startLocalCodec(state.path, existing.uiUrl) };
  }
  const place = await placeFor('temporal', state, report);
  const port = await freePort();
  // First the codec server: the Web UI is told of it when it starts.
  const codec = await startLocalCodec(state.path, `http://127.0.0.1:${port}`);
  try {
    const ui = { port, codecEndpoint: codec.uiEndpoint };
    const started = await startTemporalServer(program, place, ui, config);
    return { ...started, namespace: NAMESPACE, codec };
  } catch (error) {
    await codec.stop();
    throw error;
  }
}

async function nats(
  program: string | undefined,
  addresses: StackAddresses,
  state: StateDirectory,
  report: Report,
  config: NatsConfig | undefined,
): Promise<Part<'nats'>> {
  if (program === undefined) return existingNats(addresses);
  return startNatsServer(program, await placeFor('nats', state, report), config);
}

async function postgres(
  programs: PostgresPrograms | undefined,
  addresses: StackAddresses,
  state: StateDirectory,
  report: Report,
): Promise<Part<'postgres'>> {
  if (programs === undefined) return existingPostgres(addresses);
  const place = await placeFor('postgres', state, report);
  const reachable = await reachablePrograms(programs, place.directory);
  const started = await startPostgresServer(reachable, place);
  return { ...started, binDirectory: reachable.binDirectory };
}

/** Root's cache is closed to the user that PostgreSQL then runs as: a copy of the programs goes next to the data. */
async function reachablePrograms(programs: PostgresPrograms, directory: string): Promise<PostgresPrograms> {
  if (programs.ownTree === undefined || process.getuid?.() !== 0) return programs;
  if ((await closedAncestor(programs.ownTree)) === undefined) return programs;
  const copy = join(directory, 'program');
  await cp(programs.ownTree, copy, { recursive: true, verbatimSymlinks: true });
  return { ...programs, ownTree: copy, binDirectory: join(copy, 'bin') };
}

async function placeFor(name: StackServer, state: StateDirectory, report: Report): Promise<ServerPlace> {
  const directory = join(state.path, name);
  // What these servers store is nobody else's business; PostgreSQL opens its own as far as it must.
  await mkdir(directory, { recursive: true, mode: 0o700 });
  return { directory, pidFile: join(state.runDirectory, `${name}.pid`), report };
}

/** Waits for all before it throws the first failure: no server may come up after the stack was given up. */
async function settleAll(work: readonly Promise<void>[]): Promise<void> {
  for (const result of await Promise.allSettled(work)) if (result.status === 'rejected') throw result.reason;
}

async function stopAll(stack: LocalStack, state: StateDirectory): Promise<void> {
  try {
    // Temporal first: while it runs it may still be handing out work that needs the others.
    await stack.temporal?.server?.stop();
    await stack.temporal?.codec.stop();
    await settleAll([stack.nats?.server?.stop() ?? done(), stack.postgres?.server?.stop() ?? done()]);
  } finally {
    await state.close();
  }
}

function done(): Promise<void> {
  return Promise.resolve();
}
