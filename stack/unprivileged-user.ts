import { readFile, stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import { StackError } from './stack-error';

export interface SystemUser {
  name: string;
  uid: number;
  gid: number;
}

/**
 * PostgreSQL refuses to run as root. The user that it then runs as: `postgres` if the machine has it, else `nobody`.
 * Undefined when we aren't root, and it can run as ourselves.
 */
export async function unprivilegedUser(): Promise<SystemUser | undefined> {
  if (process.getuid?.() !== 0) return undefined;
  const accounts = await readFile('/etc/passwd', 'utf8');
  const user = findAccount(accounts, 'postgres') ?? findAccount(accounts, 'nobody');
  if (user) return user;
  throw new StackError(
    'NO_UNPRIVILEGED_USER',
    'PostgreSQL does not run as root, and this machine has neither a user "postgres" nor "nobody". Run as an ordinary ' +
      'user, or set TOURNIQUET_DATABASE_URL to a running server.',
  );
}

/** One account of a passwd(5) file, if it is there and isn't root. */
export function findAccount(passwd: string, name: string): SystemUser | undefined {
  for (const line of passwd.split('\n')) {
    const [account, , uid, gid] = line.split(':');
    if (account === name && Number(uid) > 0 && Number(gid) > 0) return { name, uid: Number(uid), gid: Number(gid) };
  }
  return undefined;
}

/** The first folder on the way to `path` that other users can't pass, if any: a home of root's, mostly. */
export async function closedAncestor(path: string): Promise<string | undefined> {
  const ways: string[] = [];
  for (let folder = path; ; folder = dirname(folder)) {
    ways.unshift(folder);
    if (folder === dirname(folder)) break;
  }
  for (const folder of ways) if (((await stat(folder)).mode & 0o001) === 0) return folder;
  return undefined;
}
