import { createHash } from 'node:crypto';
import { chmod, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { runProgram } from '../../../stack/run-program';
import { NATS_SERVER, type ProgramRecipe } from '../../../stack/toolchain/program-recipe';
import { resolveProgram } from '../../../stack/toolchain/resolve-program';
import { temporaryFolder } from '../../support/temporary-folder';

const SYSTEM_PATH = '/usr/bin:/bin';

describe('resolveProgram', () => {
  const folder = temporaryFolder();
  const environment = { ...process.env };
  let release: Server;
  let files: Map<string, Buffer>;
  let bin: string;
  let recipe: ProgramRecipe;

  beforeAll((done) => {
    release = createServer((request, response) => {
      const file = files.get(request.url ?? '');
      response.writeHead(file ? 200 : 404).end(file);
    }).listen(0, '127.0.0.1', done);
  });

  afterAll((done) => {
    process.env = environment;
    release.close(done);
  });

  beforeEach(async () => {
    const place = await mkdtemp(join(folder.path, 'case-'));
    bin = join(place, 'bin');
    await mkdir(bin);
    process.env['PATH'] = bin;
    process.env['XDG_CACHE_HOME'] = join(place, 'cache');
    files = new Map();
    const origin = `http://127.0.0.1:${(release.address() as AddressInfo).port}`;
    recipe = {
      ...NATS_SERVER,
      release: () => ({ archive: `${origin}/program.tar.gz`, checksums: `${origin}/SHA256SUMS` }),
    };
  });

  it('takes the program on PATH when it is recent enough', async () => {
    const program = await script(join(bin, 'nats-server'), 'echo nats-server: v2.12.0');

    await expect(resolveProgram(recipe, ignore)).resolves.toBe(program);
  });

  it('passes over one on PATH that is too old, and fetches the release whose checksum is right', async () => {
    await script(join(bin, 'nats-server'), 'echo nats-server: v2.9.1');
    await publish('echo fetched');

    const program = await resolveProgram(recipe, ignore);

    expect(program).toContain(process.env['XDG_CACHE_HOME']);
    expect((await runProgram(program, [])).output).toBe('fetched\n');
  });

  it('takes it from the cache the second time', async () => {
    await publish('echo fetched');
    const first = await resolveProgram(recipe, ignore);
    files.clear();

    await expect(resolveProgram(recipe, ignore)).resolves.toBe(first);
  });

  it('refuses a release with another checksum, and builds with Go instead', async () => {
    await publish('echo tampered', '0'.repeat(64));
    await fakeGo('printf "#!/bin/sh\\necho built\\n" > "$GOBIN/nats-server"');
    const told: string[] = [];

    const program = await resolveProgram(recipe, (line) => told.push(line));

    expect((await runProgram(program, [])).output).toBe('built\n');
    expect(told.join('\n')).toMatch(/not fetched \(.* has SHA-256 [0-9a-f]{64}, not 0{64}\)/);
  });

  it('builds with newer modules than the program asks for, apart from what was built without them', async () => {
    const asked = join(bin, 'asked');
    await script(
      join(bin, 'go'),
      `PATH=${SYSTEM_PATH}\necho "$*" >> ${asked}\nprintf "#!/bin/sh\\n" > "$GOBIN/nats-server"`,
    );

    const before = await resolveProgram(recipe, ignore);
    const program = await resolveProgram({ ...recipe, newerModules: ['example.com/with-defect@v1.2.3'] }, ignore);

    expect(program).not.toBe(before);
    expect(await readFile(asked, 'utf8')).toMatch(/^get \S+nats-server\/v2@v\S+ example\.com\/with-defect@v1\.2\.3$/m);
  });

  it('builds once when asked twice at the same time', async () => {
    const count = join(bin, 'count');
    await fakeGo(`echo x >> ${count}; sleep 0.3; printf "#!/bin/sh\\n" > "$GOBIN/nats-server"`);

    const [first, second] = await Promise.all([resolveProgram(recipe, ignore), resolveProgram(recipe, ignore)]);

    expect(second).toBe(first);
    expect(await readFile(count, 'utf8')).toBe('x\n');
  });

  it('says what it tried and what to do when there is no way', async () => {
    await fakeGo('echo the module proxy said no; exit 1');

    await expect(resolveProgram(recipe, ignore)).rejects.toMatchObject({
      code: 'PROGRAM_NOT_FOUND',
      message: expect.stringMatching(
        /PATH: not there[^]*answered 404[^]*module proxy said no[^]*TOURNIQUET_NATS_URL/,
      ) as string,
    });
  });

  async function publish(body: string, checksum?: string): Promise<void> {
    const content = await mkdtemp(join(folder.path, 'release-'));
    await mkdir(join(content, 'program'));
    await script(join(content, 'program', 'nats-server'), body);
    const archive = join(content, 'program.tar.gz');
    await runProgram('/bin/sh', ['-c', `PATH=${SYSTEM_PATH} tar -czf ${archive} -C ${content} program`]);
    process.env['PATH'] = `${bin}:${SYSTEM_PATH}`;
    const bytes = await readFile(archive);
    const sum = checksum ?? createHash('sha256').update(bytes).digest('hex');
    files.set('/program.tar.gz', bytes);
    files.set('/SHA256SUMS', Buffer.from(`${'a'.repeat(64)}  other.tar.gz\n${sum}  program.tar.gz\n`));
    await rm(content, { recursive: true });
  }

  async function fakeGo(body: string): Promise<void> {
    await script(join(bin, 'go'), `PATH=${SYSTEM_PATH}\n[ "$1" = install ] || exit 0\n${body}`);
  }
});

async function script(path: string, body: string): Promise<string> {
  await writeFile(path, `#!/bin/sh\n${body}\n`);
  await chmod(path, 0o755);
  return path;
}

function ignore(): void {}
