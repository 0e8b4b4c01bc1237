import { createClient } from '@redis/client';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freePort } from '../../stack/free-port';
import { ManagedProcess } from '../../stack/managed-process';
import { debianProgram, REDIS } from '../../stack/toolchain/debian-program';

const ROOT = { username: 'root', password: 'made-up-for-this-test' } as const;

/** Our admin as docs/operations.md gives it: what an incident needs, and no more. */
export const REDIS_ADMIN = { username: 'tourniquet', password: 'admin-made-up-for-this-test' } as const;
export const REDIS_ADMIN_RIGHTS =
  '-@all +acl|getuser +acl|setuser +acl|dryrun +acl|save +client|list +client|kill +info +multi +exec';

export const SIBLING = { username: 'sibling', password: 'sibling-made-up-for-this-test' } as const;

const USERS = [
  'user default off',
  `user ${ROOT.username} on >${ROOT.password} ~* &* +@all`,
  `user orders on ~orders:* +@read +@write +@connection`,
  `user ${SIBLING.username} on >${SIBLING.password} ~* +@read +ping`,
];

export interface Redis {
  readonly port: number;
  readonly adminUrl: string;
  /** As a user who may do all. */
  ask(...command: readonly string[]): Promise<unknown>;
  /** A connection of its own, which is not made again when it is cut. */
  login(user: string, password: string): Promise<RedisLogin>;
  /** What stands in the file that users are kept in. */
  keptUsers(): Promise<string>;
  /** Killed and started again: what was in memory only is gone. */
  restart(): Promise<void>;
  stop(): Promise<void>;
}

export type RedisLogin = Awaited<ReturnType<typeof login>>;

export interface RedisOptions {
  /** Where users stand: an ACL file, or redis.conf. */
  readonly keepsUsersIn?: 'acl-file' | 'config-file';
  readonly adminRights?: string;
  /** Further lines of redis.conf. */
  readonly settings?: readonly string[];
}

/** A real Redis on loopback, in a folder of its own. */
export async function startRedis({
  keepsUsersIn = 'acl-file',
  adminRights = REDIS_ADMIN_RIGHTS,
  settings: more = [],
}: RedisOptions = {}): Promise<Redis> {
  const { program, libraryPath } = await debianProgram(REDIS, (line) => process.stderr.write(`${line}\n`));
  const state = await mkdtemp(join(tmpdir(), 'tourniquet-redis-'));
  const port = await freePort();
  const users = [...USERS, `user ${REDIS_ADMIN.username} on >${REDIS_ADMIN.password} ${adminRights}`];
  const [aclFile, configFile] = [join(state, 'users.acl'), join(state, 'redis.conf')];
  const settings = ['bind 127.0.0.1', `port ${port}`, `dir ${state}`, 'save ""', 'appendonly no', ...more];
  const inAclFile = keepsUsersIn === 'acl-file';
  if (inAclFile) await writeFile(aclFile, `${users.join('\n')}\n`);
  await writeFile(configFile, [...settings, ...(inAclFile ? [`aclfile ${aclFile}`] : users), ''].join('\n'));
  const server = new ManagedProcess({
    name: 'redis-server',
    program,
    args: [configFile],
    cwd: state,
    logFile: join(state, 'output.log'),
    pidFile: join(state, 'leash.pid'),
    stopSignal: 'SIGTERM',
    graceSeconds: 5,
    readyTimeoutMs: 15_000,
    probe: async () => {
      const root = await login(port, ROOT);
      await root.ping().finally(() => root.destroy());
    },
    ...(libraryPath === undefined ? {} : { env: { LD_LIBRARY_PATH: libraryPath } }),
  });
  await server.start();
  return {
    port,
    adminUrl: `redis://${REDIS_ADMIN.username}:${REDIS_ADMIN.password}@127.0.0.1:${port}`,
    async ask(...command) {
      const root = await login(port, ROOT);
      return root.sendCommand(command).finally(() => root.destroy());
    },
    login: (username, password) => login(port, { username, password }),
    keptUsers: () => readFile(inAclFile ? aclFile : configFile, 'utf8'),
    async restart() {
      await server.kill();
      await server.start();
    },
    async stop() {
      await server.stop();
      await rm(state, { recursive: true, force: true });
    },
  };
}

async function login(port: number, user: { readonly username: string; readonly password: string }) {
  const client = createClient({
    ...user,
    disableClientInfo: true,
    maintNotifications: 'disabled',
    socket: { host: '127.0.0.1', port, reconnectStrategy: false },
  });
  client.on('error', () => undefined);
  await client.connect();
  return client;
}
