import { mkdir, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { freePort } from '../../../stack/free-port';
import { postgresConfig } from '../../../stack/postgres-config';
import { isAtLeast } from '../../../stack/toolchain/program-recipe';
import { checksumOf } from '../../../stack/toolchain/verified-download';
import { withLock } from '../../../stack/toolchain/with-lock';
import { findAccount } from '../../../stack/unprivileged-user';
import { temporaryFolder } from '../../support/temporary-folder';

describe('isAtLeast', () => {
  it.each([
    ['1.29', '1.29', true],
    ['1.30.1', '1.29', true],
    ['2.0', '1.29', true],
    ['1.9', '1.29', false],
    ['1', '1.29', false],
  ])('%s against %s: %s', (version, minimum, expected) => {
    expect(isAtLeast(version, minimum)).toBe(expected);
  });
});

describe('checksumOf', () => {
  const sum = 'ab'.repeat(32);

  it('finds a file in text and binary mode', () => {
    const list = `${'cd'.repeat(32)}  my-tool.tar.gz\n${sum} *tool.tar.gz\n`;

    expect(checksumOf(list, 'tool.tar.gz')).toBe(sum);
  });

  it('refuses a list that does not name the file', () => {
    expect(() => checksumOf(`${sum}  other.tar.gz\n`, 'tool.tar.gz')).toThrow('does not name tool.tar.gz');
  });
});

describe('findAccount', () => {
  const passwd = 'root:x:0:0::/root:/bin/sh\npostgres:x:104:106::/:/bin/sh\nbroken\ntoor:x:0:0::/:/bin/sh\n';

  it('reads the ids of an account', () => {
    expect(findAccount(passwd, 'postgres')).toEqual({ name: 'postgres', uid: 104, gid: 106 });
  });

  it.each(['nobody', 'broken', 'toor', 'root'])('has none for %s', (name) => {
    expect(findAccount(passwd, name)).toBeUndefined();
  });
});

describe('postgresConfig', () => {
  it("doubles a quote in the log directory's name", () => {
    expect(postgresConfig("/tmp/o'hara")).toContain("log_directory = '/tmp/o''hara'\n");
  });
});

describe('freePort', () => {
  it('never hands out the same port twice', async () => {
    const ports = await Promise.all(Array.from({ length: 50 }, () => freePort()));

    expect(new Set(ports).size).toBe(50);
  });

  it('leaves the block that another process has to it, even if its dice fall the same', async () => {
    const another = (): (() => Promise<number>) => {
      let other = freePort;
      jest.isolateModules(() => {
        other = jest.requireActual<{ freePort: typeof freePort }>('../../../stack/free-port').freePort;
      });
      return other;
    };
    const [theirs, ours] = [another(), another()];
    const dice = jest.spyOn(Math, 'random').mockReturnValueOnce(0.5).mockReturnValueOnce(0.5);

    const [first, second] = [await theirs(), await ours()];

    dice.mockRestore();
    expect(Math.abs(first - second)).toBeGreaterThanOrEqual(20);
  });
});

describe('withLock', () => {
  const folder = temporaryFolder();
  const ignore = () => undefined;

  it('lets one in at a time', async () => {
    let inside = 0;
    let most = 0;
    const work = async () => {
      most = Math.max(most, ++inside);
      await delay(20);
      inside--;
    };
    const lock = join(folder.path, 'busy');

    await Promise.all([withLock(lock, ignore, work), withLock(lock, ignore, work), withLock(lock, ignore, work)]);

    expect(most).toBe(1);
  });

  it('releases after a failure', async () => {
    const lock = join(folder.path, 'failed');

    await expect(withLock(lock, ignore, () => Promise.reject(new Error('no')))).rejects.toThrow('no');

    await expect(withLock(lock, ignore, () => Promise.resolve('next'))).resolves.toBe('next');
  });

  it('takes over from a holder that died', async () => {
    const lock = join(folder.path, 'dead');
    await mkdir(lock);
    // Above the largest process id that Linux and macOS give.
    await writeFile(join(lock, 'pid'), '99999999');

    await expect(withLock(lock, ignore, () => Promise.resolve('mine'))).resolves.toBe('mine');
  });

  it('takes over from a holder that has not renewed it, even if its pid is alive', async () => {
    const lock = join(folder.path, 'stale');
    await mkdir(lock);
    await writeFile(join(lock, 'pid'), `${process.pid}`);
    const longAgo = new Date(Date.now() - 120_000);
    await utimes(lock, longAgo, longAgo);

    await expect(withLock(lock, ignore, () => Promise.resolve('mine'))).resolves.toBe('mine');
  });
});
