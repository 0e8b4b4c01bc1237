import { chmod, mkdir, mkdtemp, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { debianProgram, type DebianRecipe } from '../../../stack/toolchain/debian-program';
import { temporaryFolder } from '../../support/temporary-folder';

/** A name that no machine has. */
const RECIPE: DebianRecipe = {
  name: 'tq-test-server',
  packageName: 'tq-test-server',
  place: 'usr/sbin/tq-test-server',
  check: { args: ['-V'], output: /--with-it/ },
};
const ignore = () => undefined;

describe('debianProgram', () => {
  const folder = temporaryFolder();
  const environment = { ...process.env };
  let bin: string;
  let calls: string;

  beforeEach(async () => {
    const place = await mkdtemp(join(folder.path, 'case-'));
    bin = join(place, 'bin');
    calls = join(place, 'calls');
    await mkdir(bin);
    process.env['PATH'] = `${bin}:/usr/bin:/bin`;
    process.env['XDG_CACHE_HOME'] = join(place, 'cache');
  });

  afterAll(() => void (process.env = environment));

  async function script(name: string, body: string): Promise<string> {
    const path = join(bin, name);
    await writeFile(path, `#!/bin/sh\necho "${name} $*" >> ${calls}\n${body}\n`);
    await chmod(path, 0o755);
    return path;
  }

  /** A dpkg that unpacks a program of these lines, and with the second package a library. */
  async function unpacking(...lines: readonly string[]): Promise<void> {
    const quoted = ['#!/bin/sh', ...lines].map((line) => `'${line}'`).join(' ');
    const target = `"$3/${RECIPE.place}"`;
    const libraries = '"$3/usr/lib/x-linux-gnu"';
    const folders = `mkdir -p "$3/usr/sbin" ${libraries}; [ -e ${target} ] && touch ${libraries}/wanted`;
    await script('dpkg', `${folders}; printf '%s\\n' ${quoted} > ${target}; chmod 755 ${target}`);
  }

  /** An apt that has the package if `download` says so, and a program in it that has what is needed. */
  async function debian(download = 'true'): Promise<void> {
    await script('apt-get', `case "$*" in *download*) ${download} && touch package.deb;; esac`);
    await script('apt-cache', 'echo "  Depends: libc6"; echo "  Depends: libwanted1"; echo "  Depends: iproute2"');
    await unpacking('echo --with-it');
  }

  const called = async () => (await readFile(calls, 'utf8')).split('\n').filter((line) => /^(?:apt|dpkg)/.test(line));

  it('takes the one on PATH that has what is needed, and passes over one that has not', async () => {
    await script(RECIPE.name, 'echo --without-it');
    await debian();
    const unpacked = await debianProgram(RECIPE, ignore);
    const onPath = await script(RECIPE.name, 'echo --with-it');

    expect(unpacked.program).toContain(process.env['XDG_CACHE_HOME']);
    expect(await debianProgram(RECIPE, ignore)).toEqual({ program: onPath });
  });

  it('unpacks the package once, and needs no libraries where the machine has them', async () => {
    await debian();

    const first = await debianProgram(RECIPE, ignore);
    const second = await debianProgram(RECIPE, ignore);

    expect(second).toEqual(first);
    expect(first.libraryPath).toBeUndefined();
    expect((await called()).map((line) => line.split(' ', 2).join(' '))).toEqual(['apt-get download', 'dpkg -x']);
  });

  it('takes package lists of its own where the machine has none', async () => {
    await debian('case "$*" in *lists=*) true;; *) false;; esac');

    await debianProgram(RECIPE, ignore);

    const steps = (await called()).map((line) => / (?<step>download|update|-x) ?/.exec(line)?.groups?.['step']);
    expect(steps).toEqual(['download', 'update', 'download', '-x']);
  });

  it('unpacks the libraries too where the machine lacks them, but never libc', async () => {
    await debian();
    await unpacking('[ -e "$LD_LIBRARY_PATH/wanted" ] && echo --with-it');

    const found = await debianProgram(RECIPE, ignore);

    expect(found.libraryPath).toMatch(/usr\/lib\/x-linux-gnu$/);
    expect((await called()).filter((line) => line.includes('download')).at(-1)).toBe('apt-get download libwanted1');
  });

  it('takes along the packages that the program links into', async () => {
    await debian();

    await debianProgram({ ...RECIPE, besides: ['tq-test-tools'] }, ignore);

    expect((await called())[0]).toBe('apt-get download tq-test-server tq-test-tools');
  });

  it('says what failed when there is no such package', async () => {
    await debian();
    await script('apt-get', 'echo E: no such package; exit 100');

    await expect(debianProgram(RECIPE, ignore)).rejects.toMatchObject({
      code: 'PROGRAM_NOT_FOUND',
      message: expect.stringContaining('E: no such package') as string,
    });
  });
});
