import { mkdir, readdir, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { publicIdSubject } from '../../../domain/subject';
import { keepSnapshot, readSnapshot } from '../../../enforcement/denylist-snapshot';
import { createDenylistMap } from '../../../enforcement/denylist-map';
import { loadSnapshot } from '../../../workers/gateway/load-snapshot';
import { recordedLog } from '../../support/recorded-log';
import { temporaryFolder } from '../../support/temporary-folder';
import { namedRefusal } from '../../support/sample-refusal';

describe('the snapshot of the denylist', () => {
  const folder = temporaryFolder();
  const fail = (error: unknown) => {
    throw error;
  };

  it('comes back as it was saved, readable by its owner only, and leaves nothing beside it', async () => {
    const file = join(folder.path, 'saved', 'g.json');
    await mkdir(join(folder.path, 'saved'));
    const entries = [
      namedRefusal('a'),
      namedRefusal('b', { mode: 'known-contexts-only', allow: [{ id: 'o', networks: ['10.0.0.0/8'] }] }),
    ];
    const keeper = keepSnapshot(file, () => ({ bucket: 'b1', revision: 7, entries }), fail);

    keeper.changed();
    await keeper.stop();

    expect(await readSnapshot(file)).toMatchObject({ bucket: 'b1', revision: 7, entries, unreadable: 0 });
    expect((await stat(file)).mode & 0o777).toBe(0o600);
    expect(await readdir(join(folder.path, 'saved'))).toEqual(['g.json']);
  });

  it('is saved by itself, once for many changes, with what holds at the end', async () => {
    const file = join(folder.path, 'debounced.json');
    let [revision, reads] = [0, 0];
    const current = () => {
      reads += 1;
      return { bucket: 'b1', revision, entries: [] };
    };
    const keeper = keepSnapshot(file, current, fail);

    for (; revision < 100; revision++) keeper.changed();
    await delay(500);

    expect([(await readSnapshot(file))?.revision, reads]).toEqual([100, 1]);
    await keeper.stop();
  });

  it('tells when it can not be saved, keeps the old one, and tries again at the next change', async () => {
    const directory = join(folder.path, 'gone');
    const file = join(directory, 'g.json');
    const errors: unknown[] = [];
    const keeper = keepSnapshot(
      file,
      () => ({ bucket: 'b1', revision: 1, entries: [] }),
      (error) => errors.push(error),
    );

    keeper.changed();
    await keeper.stop();
    expect(errors).toMatchObject([{ code: 'ENOENT' }]);
    await mkdir(directory);
    keeper.changed();
    await keeper.stop();

    expect((await readSnapshot(file))?.revision).toBe(1);
    await rm(directory, { recursive: true });
  });

  it('is none before the first, and an error when it is no snapshot', async () => {
    const file = join(folder.path, 'broken.json');
    expect(await readSnapshot(join(folder.path, 'never.json'))).toBeUndefined();

    for (const content of [
      '',
      '{"format":1',
      '{"format":2,"bucket":"b","revision":1,"savedAt":1,"entries":[]}',
      '[]',
    ]) {
      await writeFile(file, content);
      await expect(readSnapshot(file)).rejects.toMatchObject({ code: 'SNAPSHOT_UNREADABLE' });
    }
  });

  it('is an alarm when it is broken, and brings back what can be read', async () => {
    const file = join(folder.path, 'half.json');
    const strange = namedRefusal('lane', { mode: 'known-contexts-only', allow: [{ id: 'o', networks: ['nonsense'] }] });
    await writeFile(
      file,
      JSON.stringify({
        format: 1,
        bucket: 'b',
        revision: 1,
        savedAt: 1,
        entries: [namedRefusal('a'), { subject: 'x' }, strange],
      }),
    );
    const map = createDenylistMap();
    const { log, lines } = recordedLog();

    await loadSnapshot(file, map, log);
    await writeFile(file, '<html');
    await loadSnapshot(file, map, log);

    const refused = (name: string) => map.check(publicIdSubject('test', name), '10.0.0.1', 1).refused;
    expect([refused('a'), refused('lane'), refused('b')]).toEqual([true, true, false]);
    expect(lines.filter((line) => line.includes('SNAPSHOT_UNREADABLE'))).toHaveLength(2);
    expect(lines.join('')).toContain('"unreadable":2');
  });
});
