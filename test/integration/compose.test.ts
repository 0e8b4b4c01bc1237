import { execFile, spawn, type ChildProcess } from 'node:child_process';
import { existsSync } from 'node:fs';
import { cp, mkdir, readFile, stat, symlink, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { promisify } from 'node:util';
import { Client as PgClient } from 'pg';
import { parse } from 'yaml';
import { z } from 'zod';
import { makeDeploymentFiles } from '../../stack/deployment-files';
import { freePort } from '../../stack/free-port';
import { startLocalStack, type LocalStack } from '../../stack/local-stack';
import { NATS_SERVER } from '../../stack/toolchain/program-recipe';
import { ROLES, type Role } from '../../workers/config';
import { eventually } from '../support/eventually';
import { temporaryFolder } from '../support/temporary-folder';

const ROOT = path.resolve(__dirname, '../..');

/** Of `node`'s arguments. */
function programIn(command: readonly string[]): string {
  return command.find((argument) => !argument.startsWith('--')) ?? '';
}

const mount = z.object({ source: z.string(), target: z.string() });
const service = z.looseObject({
  image: z.string(),
  build: z.string().optional(),
  command: z.array(z.string()).optional(),
  user: z.string().optional(),
  read_only: z.boolean().optional(),
  cap_drop: z.array(z.string()).optional(),
  security_opt: z.array(z.string()),
  environment: z.record(z.string(), z.string()).default({}),
  ports: z.array(z.string()).default([]),
  secrets: z.array(z.string()).default([]),
  configs: z.array(mount).default([]),
  volumes: z.array(z.string()).default([]),
  depends_on: z.record(z.string(), z.object({ condition: z.string() })).default({}),
  healthcheck: z.looseObject({ test: z.array(z.string()).optional(), disable: z.boolean().optional() }),
});
const compose = z.looseObject({
  services: z.record(z.string(), service),
  secrets: z.record(z.string(), z.object({ file: z.string() })),
  configs: z.record(z.string(), z.object({ file: z.string().optional(), content: z.string().optional() })),
  volumes: z.record(z.string(), z.unknown()),
});
type Service = z.infer<typeof service>;

const folder = temporaryFolder();
let file: z.infer<typeof compose>;
let ours: [string, Service][];

beforeAll(async () => {
  file = compose.parse(parse(await readFile(path.join(ROOT, 'docker-compose.yml'), 'utf8'), { merge: true }));
  ours = Object.entries(file.services).filter(([, { build }]) => build !== undefined);
});

const roleOf = (name: string): Role => (name === 'set-up' ? 'setup' : (name as Role));

/** What people run themselves. */
const OF_PEOPLE = ['cli', 'deadLetters', 'inference'];

describe('docker-compose.yml', () => {
  it('runs every role of the product once, after its set-up', () => {
    const roles = Object.keys(ROLES).filter((role) => !OF_PEOPLE.includes(role));

    expect(ours.map(([name]) => roleOf(name)).sort()).toEqual(roles.sort());
    for (const [name, { depends_on: needs }] of ours) {
      if (name === 'set-up')
        expect(Object.values(needs).map(({ condition }) => condition)).toEqual(Array(3).fill('service_healthy'));
      else if (name !== 'codec') expect(needs).toEqual({ 'set-up': { condition: 'service_completed_successfully' } });
    }
  });

  it('gives each role exactly the settings it reads', () => {
    for (const [name, { environment }] of ours) {
      const known: readonly string[] = ROLES[roleOf(name)];
      const unknown = Object.keys(environment).filter((setting) => !known.includes(setting));
      expect({ name, unknown }).toEqual({ name, unknown: [] });
    }
  });

  it('gives ours no rights they do not need', () => {
    for (const [name, one] of ours) {
      expect({ name, ...one }).toMatchObject({
        user: '1000:1000',
        read_only: true,
        cap_drop: ['ALL'],
        security_opt: ['no-new-privileges:true'],
      });
    }
  });

  it('publishes on loopback only, and pins every image', () => {
    for (const [name, { ports, image }] of Object.entries(file.services)) {
      for (const port of ports)
        expect({ name, port }).toEqual({ name, port: expect.stringMatching(/^127\.0\.0\.1:\d+:\d+$/) as string });
      expect(image).toMatch(/:[\w.-]+$/);
      expect(image).not.toMatch(/:latest$/);
    }
  });

  it('asks every service how it is; all of ours by the same command', () => {
    for (const [name, { healthcheck }] of Object.entries(file.services)) {
      if (name === 'set-up' || name === 'temporal-role') expect(healthcheck.disable).toBe(true);
      else expect(healthcheck.test?.length).toBeGreaterThan(1);
    }
  });

  it('runs the NATS server that everything is tested with', () => {
    expect(file.services['nats']?.image).toBe(`nats:${NATS_SERVER.version}-alpine`);
  });

  it('keeps every secret in a file, and mounts where a setting points to', async () => {
    await makeDeploymentFiles(path.join(folder.path, 'deploy'));
    for (const { file: source } of Object.values(file.secrets)) {
      const made = path.join(folder.path, source);
      expect((await stat(made)).mode & 0o777).toBe(0o600);
    }
    for (const { file: source } of Object.values(file.configs))
      if (source) expect(existsSync(path.join(folder.path, source))).toBe(true);
    for (const [name, { environment, secrets, configs, volumes }] of Object.entries(file.services)) {
      const mounted = [
        ...secrets.map((secret) => `/run/secrets/${secret}`),
        ...configs.map(({ target }) => target),
        ...volumes.map((volume) => volume.split(':')[1]),
      ];
      for (const [setting, value] of Object.entries(environment)) {
        if (/password|secret|key/i.test(setting))
          expect({ name, setting, value }).toMatchObject({
            value: expect.stringMatching(/^\/run\/secrets\//) as string,
          });
        if (setting.endsWith('_FILE'))
          expect({ name, setting, mounted: mounted.some((place) => value.startsWith(place ?? '-')) }).toMatchObject({
            mounted: true,
          });
      }
      for (const secret of secrets) expect(file.secrets).toHaveProperty([secret]);
    }
  });
});

describe('each service of the product, by its own command and environment', () => {
  const children: ChildProcess[] = [];
  let stack: LocalStack;
  let substitute: (value: string) => string;

  beforeAll(async () => {
    const directory = path.join(folder.path, 'run');
    await makeDeploymentFiles(directory);
    const natsConfig = JSON.parse(await readFile(path.join(directory, 'secrets/nats.conf'), 'utf8')) as {
      authorization: unknown;
    };
    stack = await startLocalStack({ natsConfig: { authorization: natsConfig.authorization } });
    const apiPort = String(await freePort());
    const admin = new URL(stack.postgres?.adminUrl ?? '');
    // The only things that differ from the container: names of servers, places of mounts, ports.
    const table: readonly (readonly [string, string])[] = [
      ['nats://nats:4222', stack.nats?.url ?? ''],
      ['temporal:7233', stack.temporal?.address ?? ''],
      ['/run/secrets/', `${directory}/secrets/`],
      ['/etc/tourniquet/', `${directory}/config/`],
      ['/var/lib/tourniquet/', `${directory}/`],
      ['0.0.0.0', '127.0.0.1'],
      ['8401', String(await freePort())],
      ['8402', apiPort],
      ['8403', String(await freePort())],
      ['http://api:', 'http://127.0.0.1:'],
      ['http://gateway:', 'http://127.0.0.1:'],
    ];
    substitute = (value) => table.reduce((text, [from, to]) => text.replace(from, to), value);
    await writeFile(path.join(directory, 'secrets/postgres-admin.url'), admin.toString());
    const url = path.join(directory, 'secrets/database.url');
    await writeFile(url, (await readFile(url, 'utf8')).replace('postgres:5432', admin.host));
  });

  afterAll(async () => {
    await Promise.all(
      children.map(async (child) => {
        child.kill('SIGTERM');
        if (child.exitCode === null) await endOf(child);
      }),
    );
    await stack?.stop();
  });

  function start(args: readonly string[], env: Record<string, string>): { child: ChildProcess; output: () => string } {
    const child = spawn(process.execPath, args, { cwd: ROOT, env: { PATH: process.env['PATH'], ...env } });
    let output = '';
    child.stdout?.on('data', (chunk: Buffer) => (output += chunk.toString('utf8')));
    child.stderr?.on('data', (chunk: Buffer) => (output += chunk.toString('utf8')));
    return { child, output: () => output };
  }

  async function environmentOf(one: Service): Promise<Record<string, string>> {
    const entries = Object.entries(one.environment).map(([name, value]) => [name, substitute(value)]);
    const health = one.environment['TOURNIQUET_HEALTH_PORT']
      ? { TOURNIQUET_HEALTH_PORT: String(await freePort()) }
      : {};
    return { ...(Object.fromEntries(entries) as Record<string, string>), ...health };
  }

  const endOf = (child: ChildProcess): Promise<number | null> => new Promise((resolve) => child.once('exit', resolve));

  it('gives Temporal a role of its own, and can be repeated', async () => {
    const { hostname, port, username, password } = new URL(stack.postgres?.adminUrl ?? '');
    const script = substitute(file.services['temporal-role']?.command?.[0] ?? '')
      .replaceAll('$$', '$')
      .replace('/run/secrets/temporal', `${folder.path}/run/secrets/temporal`)
      .replace('--host=postgres', `--host=${hostname} --port=${port}`)
      .replace('--username=postgres', `--username=${username}`);
    await writeFile(path.join(folder.path, 'run/secrets/postgres.password'), decodeURIComponent(password));
    for (const _time of ['first', 'again']) {
      const child = spawn('/bin/sh', ['-ec', script], { env: { PATH: process.env['PATH'] } });
      let told = '';
      child.stderr.on('data', (chunk: Buffer) => (told += chunk.toString('utf8')));
      expect([await endOf(child), told]).toEqual([0, '']);
    }
    const own = await readFile(path.join(folder.path, 'run/secrets/temporal-postgres.password'), 'utf8');
    const url = new URL(stack.postgres?.adminUrl ?? '');
    [url.username, url.password] = ['temporal', own.trim()];
    const client = new PgClient({ connectionString: url.toString() });
    await client.connect();
    expect((await client.query('SELECT current_user AS name')).rows).toEqual([{ name: 'temporal' }]);
    await client.end();
  });

  it('sets up the servers, and can be repeated', async () => {
    const setUp = file.services['set-up']!;
    for (const _time of ['first', 'again']) {
      const { child, output } = start(setUp.command ?? [], await environmentOf(setUp));
      expect({ code: await endOf(child), output: output() }).toEqual({
        code: 0,
        output: expect.stringMatching(/schema: ready\n.*key: ready\n.*buckets: ready\n.*attributes: ready\n/) as string,
      });
    }
  });

  it.each(['api', 'gateway', 'response', 'dispatcher', 'detection', 'codec'])('%s becomes healthy', async (name) => {
    const one = file.services[name]!;
    const env = await environmentOf(one);
    const { child, output } = start(one.command ?? [], env);
    children.push(child);
    const [, program, ...asked] = one.healthcheck.test ?? [];
    expect(program).toBe('node');

    const code = await eventually(
      () => endOf(start(asked, env).child),
      (status) => status === 0 || child.exitCode !== null,
      60_000,
    );

    expect({ code, ended: child.exitCode, output: code === 0 ? '' : output() }).toEqual({
      code: 0,
      ended: null,
      output: '',
    });
  });

  it('logs a browser in at the codec server by the link of `tourniquet codec login`, once', async () => {
    const env = await environmentOf(file.services['codec']!);
    const { child, output } = start(['dist/cli/main.js', 'codec', 'login'], env);
    expect(await endOf(child)).toBe(0);
    const link = output().trim();
    const decode = (cookie: string): Promise<number> =>
      fetch(new URL('/decode', link), {
        method: 'POST',
        headers: { cookie, 'content-type': 'application/json' },
        body: '{"payloads":[]}',
      }).then(({ status }) => status);

    expect(await decode('')).toBe(401);
    const login = await fetch(link, { redirect: 'manual' });
    expect([login.status, login.headers.get('location')]).toEqual([303, env['TOURNIQUET_TEMPORAL_UI_URL']]);
    expect(await decode(login.headers.get('set-cookie')?.split(';')[0] ?? '')).toBe(200);
    expect((await fetch(link, { redirect: 'manual' })).status).toBe(403);
  });

  it('a process that is gone is unhealthy', async () => {
    const env = { TOURNIQUET_HEALTH_PORT: String(await freePort()) };
    expect(await endOf(start(['dist/workers/health-check.js'], env).child)).toBe(1);
  });
});

describe('the Dockerfile', () => {
  it('copies into its last stage what the services run, and runs as nobody special', async () => {
    const text = await readFile(path.join(ROOT, 'Dockerfile'), 'utf8');
    const [, last = ''] = text.split(/^FROM .*\n(?![\s\S]*^FROM )/m);
    const copied = [...last.matchAll(/^COPY --from=build \/app\/(\S+)/gm)].map(([, from]) => from);

    expect(copied).toEqual(['package.json', 'node_modules', 'dist', 'rules']);
    expect(last).toMatch(/^USER node$/m);
    expect(last).toContain('HEALTHCHECK');
    expect(text).toMatch(/^RUN npm ci$/m);
    expect(text).not.toMatch(/:latest|ADD http/);
    for (const [, { command = [] }] of ours) expect(existsSync(path.join(ROOT, programIn(command)))).toBe(true);
  });

  it('needs nothing but those to run: production packages and what was compiled', async () => {
    const image = path.join(folder.path, 'image');
    await mkdir(image);
    await cp(path.join(ROOT, 'dist'), path.join(image, 'dist'), { recursive: true });
    await cp(path.join(ROOT, 'package.json'), path.join(image, 'package.json'));
    await cp(path.join(ROOT, 'rules'), path.join(image, 'rules'), { recursive: true });
    const lock = JSON.parse(await readFile(path.join(ROOT, 'package-lock.json'), 'utf8')) as {
      packages: Record<string, { dev?: boolean; devOptional?: boolean }>;
    };
    // What `npm prune --omit=dev` leaves, by links: to copy it would take minutes on a busy disk.
    for (const [place, { dev, devOptional }] of Object.entries(lock.packages)) {
      const isTopLevel = /^node_modules\/(?:@[^/]+\/)?[^/]+$/.test(place);
      if (!isTopLevel || dev || devOptional || !existsSync(path.join(ROOT, place))) continue;
      await mkdir(path.dirname(path.join(image, place)), { recursive: true });
      await symlink(path.join(ROOT, place), path.join(image, place));
    }
    // A package is looked for beside the link, and not beside what it points to.
    const linked = ['--preserve-symlinks', '--preserve-symlinks-main'];
    const run = promisify(execFile);
    await run(process.execPath, [...linked, 'dist/cli/main.js', '--help'], { cwd: image });
    for (const role of ours.map(([name]) => roleOf(name)).filter((one) => one !== 'setup'))
      // It loads everything it needs, and then misses only its settings.
      await expect(
        run(process.execPath, [...linked, 'dist/workers/main.js', role], { cwd: image }),
      ).rejects.toMatchObject({ stderr: expect.stringContaining(`CONFIG_INVALID (role=${role}`) as unknown });
  });
});
