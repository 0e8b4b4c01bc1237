import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, existsSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { createFileAdapter } from '../../activities/dependents/file';
import type { FileDependent } from '../../activities/dependents/dependent-settings';
import { callContext } from '../support/call-context';
import { eventually } from '../support/eventually';
import { dependentOf, programRig, tokensOf } from '../support/program-rig';
import { sampleVersion } from '../support/sample-credential';
import { temporaryFolder } from '../support/temporary-folder';
import { describeDependent, OVER_A_NETWORK, OVER_HTTP, type DependentRig } from './dependent.contract';

const CREDENTIAL = 'reports-token';
const SERVICE = join(__dirname, '../support/file-service.cjs');
const folders = temporaryFolder();

interface FileRig extends DependentRig {
  readonly folder: string;
  readonly system: FileDependent;
  readonly service: ChildProcess;
}

/** A process that reads its value from a file, and again upon SIGHUP. */
async function makeRig(): Promise<FileRig> {
  const folder = await mkdtemp(join(folders.path, 'file-'));
  const programs = programRig(folder);
  const tokens = tokensOf(CREDENTIAL);
  const [path, pidFile] = [join(folder, 'secret.json'), join(folder, 'service.pid')];
  writeFileSync(path, JSON.stringify({ credential: CREDENTIAL, version: 1, material: {} }));
  const service = spawn(process.execPath, [SERVICE, path, programs.using, pidFile], { stdio: 'ignore' });
  await eventually(() => Promise.resolve(existsSync(pidFile) && readFileSync(pidFile, 'utf8') !== ''), Boolean);
  const { good, silent, garbling } = programs.probes;
  const system: FileDependent = {
    credentials: [CREDENTIAL],
    host: hostname(),
    path,
    mode: '0600',
    then: { pidFile, process: 'file-service', signal: 'SIGHUP' },
    probe: [...good],
  };
  const adapterOf = (one: FileDependent) =>
    createFileAdapter(
      new Map([
        ['good', one],
        ['silent', { ...one, probe: [...silent] }],
        ['garbling', { ...one, probe: [...garbling] }],
      ]),
      tokens.store,
    );
  const forbidden = join(folder, 'forbidden');
  return {
    folder,
    system,
    service,
    adapter: adapterOf(system),
    dependent: dependentOf('file', 'good'),
    silent: dependentOf('file', 'silent'),
    credentialId: CREDENTIAL,
    held: programs.held,
    fetches: () => tokens.failed() + readFileSync(`${programs.using}.reads`, 'utf8').split('\n').length - 1,
    probeWorks: programs.probeWorks,
    storeAnswers: tokens.storeAnswers,
    garble: () => Promise.resolve(dependentOf('file', 'garbling')),
    withWrongKey() {
      writeFileSync(forbidden, '');
      chmodSync(forbidden, 0o600);
      return adapterOf({ ...system, probe: [forbidden] });
    },
    async cut() {
      await rm(good[0]);
    },
    traffic: () => Promise.resolve(programs.given()),
    secrets: tokens.secrets,
    async stop() {
      service.kill('SIGKILL');
      if (service.exitCode === null && service.signalCode === null) await once(service, 'exit');
    },
  };
}

describeDependent({
  name: 'file',
  make: makeRig,
  skip: [{ reason: 'it is a program of the same machine', cases: [...OVER_A_NETWORK, ...OVER_HTTP] }],
});

describe('the file of a service', () => {
  const version = (n: number) => sampleVersion({ credentialId: CREDENTIAL, version: n });
  let rig: FileRig;

  beforeEach(async () => {
    rig = await makeRig();
  });

  afterEach(() => rig.stop());

  const activate = (system: Partial<FileDependent>, n = 2) =>
    createFileAdapter(new Map([['good', { ...rig.system, ...system }]]), {
      get: () =>
        Promise.resolve(JSON.stringify({ kind: 'redis', host: 'h', port: 1, tls: true, user: 'u', password: 'p$' })),
    }).activate(rig.dependent, version(n), callContext());

  it('is readable by nobody else, written as its template says, and leaves nothing beside it', async () => {
    await activate({ template: 'URL=rediss://{user}:{password}@{host}:{port}\nV={version}\n' }).catch(() => undefined);

    expect(readFileSync(rig.system.path, 'utf8')).toBe('URL=rediss://u:p$@h:1\nV=2\n');
    expect(statSync(rig.system.path).mode & 0o777).toBe(0o600);
    expect(readdirSync(rig.folder).filter((name) => name.endsWith('.tmp'))).toEqual([]);
  });

  it('is not written where its template names what the credential does not have', async () => {
    const before = readFileSync(rig.system.path, 'utf8');

    await expect(activate({ template: '{user} {token}' })).rejects.toMatchObject({
      code: 'DEPENDENT_REFUSED',
      fields: { failure: 'no token for its template' },
    });
    expect(readFileSync(rig.system.path, 'utf8')).toBe(before);
  });

  it.each([
    ['another process runs by its number', { process: 'some-other-service' }, 'its pid file names another process'],
    ['its pid file names none', { pidFile: '/nowhere' }, 'no process in its pid file'],
  ])('signals nobody where %s', async (_what, then, failure) => {
    const told = activate({ then: { ...(rig.system.then as object), ...then } as FileDependent['then'] });

    await expect(told).rejects.toMatchObject({ code: 'DEPENDENT_UNREACHABLE', fields: { failure } });
  });

  it.each(['0', '-1', '1', 'x'])('never signals process %s, which is more than the service', async (pid) => {
    const pidFile = join(rig.folder, 'odd.pid');
    writeFileSync(pidFile, pid);

    const told = activate({ then: { ...(rig.system.then as object), pidFile } as FileDependent['then'] });

    await expect(told).rejects.toMatchObject({ fields: { failure: 'no process in its pid file' } });
  });

  it('holds the old value again when it is moved back, also where the service had not read the new one', async () => {
    const stale = {
      ...rig.system,
      then: { ...(rig.system.then as object), signal: 'SIGUSR2', process: 'file-service' } as FileDependent['then'],
    };
    // A service that does not heed the signal has read nothing of what is written.
    rig.service.kill('SIGSTOP');
    const token = (n: number) => JSON.stringify({ kind: 'api-token', token: `t${n}` });
    const adapter = createFileAdapter(new Map([['good', { ...stale, template: '{token}' }]]), {
      get: ({ version: n }) => Promise.resolve(token(n)),
    });
    await adapter.activate(rig.dependent, version(2), callContext());
    const written = readFileSync(rig.system.path, 'utf8');

    await adapter.activate(rig.dependent, version(1), callContext());

    expect([written, readFileSync(rig.system.path, 'utf8')]).toEqual(['t2', 't1']);
    rig.service.kill('SIGCONT');
  });

  it('may be followed by a program in place of a signal', async () => {
    const done = join(rig.folder, 'restarted');
    await activate({ then: { command: ['/usr/bin/touch', done], settleSeconds: 30 } });

    expect(existsSync(done)).toBe(true);
  });

  it('can not be written where there is no place for it', async () => {
    await expect(activate({ path: join(rig.folder, 'nowhere', 'secret') })).rejects.toMatchObject({
      code: 'DEPENDENT_UNREACHABLE',
      fields: { failure: 'ENOENT' },
    });
  });
});
