import { chmod, lstat, mkdir, readdir, rename, symlink, utimes, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { createFilesStore } from '../../activities/store/secret-stores/files';
import { nameOf } from '../../activities/store/secret-stores/secret-place';
import type { SecretRef } from '../../domain/credential';
import { temporaryFolder } from '../support/temporary-folder';
import { describeSecretStore, LOST_ANSWER, OVER_A_NETWORK } from './secret-store.contract';

const folder = temporaryFolder();
const ref: SecretRef = { store: 'files', path: 'credentials/orders', version: 3 };
const unavailable = { code: 'SECRET_STORE_UNAVAILABLE' };
let nextDirectory = 1;

async function freshDirectory(mode = 0o700): Promise<string> {
  const directory = path.join(folder.path, `secrets-${nextDirectory++}`);
  await mkdir(directory, { mode });
  return directory;
}

describeSecretStore({
  name: 'files',
  async make() {
    const store = createFilesStore({ directory: await freshDirectory() });
    return { store, secrets: [], stop: () => Promise.resolve() };
  },
  skip: [{ reason: 'there is no server', cases: [...OVER_A_NETWORK, LOST_ANSWER] }],
});

describe('the secret store files, beyond the contract', () => {
  it('keeps each value in one file that only we may read, and leaves nothing else', async () => {
    const directory = await freshDirectory();
    const store = createFilesStore({ directory });

    await store.putIfAbsent(ref, 'value');
    await store.putIfAbsent(ref, 'another');

    expect(await readdir(directory)).toEqual([nameOf(ref)]);
    expect((await lstat(path.join(directory, nameOf(ref)))).mode & 0o777).toBe(0o600);
  });

  it.each([0o750, 0o705, 0o701])('uses no directory that others may enter: mode %o', async (mode) => {
    const directory = await freshDirectory();
    await createFilesStore({ directory }).putIfAbsent(ref, 'value');
    await chmod(directory, mode);
    const store = createFilesStore({ directory });

    const said = await Promise.allSettled([store.putIfAbsent(ref, 'value'), store.get(ref), store.destroy(ref)]);

    expect(said.map((one) => one.status === 'rejected' && (one.reason as unknown))).toMatchObject(
      Array(3).fill(unavailable),
    );
  });

  it('uses no directory that is a link, and none that is missing: nothing in it is missing', async () => {
    const link = path.join(folder.path, 'link');
    await symlink(await freshDirectory(), link);

    for (const directory of [link, path.join(folder.path, 'nowhere')])
      await expect(createFilesStore({ directory }).get(ref)).rejects.toMatchObject(unavailable);
  });

  it('reads no file that others may read, and follows no link', async () => {
    const directory = await freshDirectory();
    const store = createFilesStore({ directory });
    const file = path.join(directory, nameOf(ref));
    await store.putIfAbsent(ref, 'value');

    await chmod(file, 0o640);
    await expect(store.get(ref)).rejects.toMatchObject(unavailable);
    await chmod(file, 0o600);
    await rename(file, path.join(folder.path, 'elsewhere'));
    await symlink(path.join(folder.path, 'elsewhere'), file);
    await expect(store.get(ref)).rejects.toMatchObject(unavailable);
  });

  it('says SECRET_UNREADABLE of a file that is not whole, or belongs elsewhere', async () => {
    const directory = await freshDirectory();
    const store = createFilesStore({ directory });
    const other = { ...ref, version: 4 };
    await writeFile(path.join(directory, nameOf(ref)), '{"place":"[\\"cred', { mode: 0o600 });
    await expect(store.get(ref)).rejects.toMatchObject({ code: 'SECRET_UNREADABLE' });

    await store.putIfAbsent(other, 'value');
    await rename(path.join(directory, nameOf(other)), path.join(directory, nameOf(ref)));

    await expect(store.get(ref)).rejects.toMatchObject({ code: 'SECRET_UNREADABLE' });
  });

  it('removes what a process left that died while it wrote, and not what another is writing', async () => {
    const directory = await freshDirectory();
    for (const name of ['old', 'new']) await writeFile(path.join(directory, `.unfinished-${name}`), 'value');
    const before = new Date(Date.now() - 120_000);
    await utimes(path.join(directory, '.unfinished-old'), before, before);

    await createFilesStore({ directory }).putIfAbsent(ref, 'value');

    expect((await readdir(directory)).sort()).toEqual(['.unfinished-new', nameOf(ref)]);
  });
});
