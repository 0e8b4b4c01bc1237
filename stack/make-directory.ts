import { chmod, chown, mkdir } from 'node:fs/promises';
import type { SystemUser } from './unprivileged-user';

/** Makes a directory with exactly this mode, given to `user` if there is one. */
export async function makeDirectory(path: string, mode: number, user: SystemUser | undefined): Promise<void> {
  await mkdir(path, { recursive: true });
  // Not by mkdir's own mode, which the umask narrows.
  await chmod(path, mode);
  if (user) await chown(path, user.uid, user.gid);
}
