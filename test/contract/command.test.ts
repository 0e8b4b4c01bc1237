import { rmSync, writeFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { createCommandAdapter } from '../../activities/dependents/command';
import type { CommandDependent } from '../../activities/dependents/dependent-settings';
import { callContext } from '../support/call-context';
import { dependentOf, programRig, type ProgramRig } from '../support/program-rig';
import { sampleVersion } from '../support/sample-credential';
import { temporaryFolder } from '../support/temporary-folder';
import { describeDependent, OVER_A_NETWORK, OVER_HTTP, type DependentRig } from './dependent.contract';

const CREDENTIAL = 'reports-token';
const folders = temporaryFolder();

process.env['CANARY'] = 'canary-of-the-worker';

/** A service that is begun anew by a program, which fetches the value as the service would. */
async function makeRig(): Promise<DependentRig & { readonly programs: ProgramRig; restarts(): number }> {
  const folder = await mkdtemp(join(folders.path, 'command-'));
  const programs = programRig(folder);
  const [away, fetches] = [join(folder, 'store-is-away'), join(folder, 'fetches')];
  writeFileSync(programs.using, '1\n');
  writeFileSync(fetches, 'first\n');
  const restart = programs.program(
    'restart',
    `echo again >> '${fetches}'; test ! -e '${away}' && echo "$1" > '${programs.using}'`,
  );
  const system = (probe: readonly [string], activate = [restart, '{version}']): CommandDependent => ({
    credentials: [CREDENTIAL],
    host: hostname(),
    activate,
    probe: [...probe],
    settleSeconds: 30,
  });
  const { good, silent, garbling, forbidden } = programs.probes;
  const systems = new Map([
    ['good', system(good)],
    ['silent', system(silent)],
    ['garbling', system(garbling)],
  ]);
  const counted = (): number => programs.given().filter((line) => line.startsWith(restart)).length;
  return {
    programs,
    restarts: counted,
    adapter: createCommandAdapter(systems),
    dependent: dependentOf('command', 'good'),
    silent: dependentOf('command', 'silent'),
    credentialId: CREDENTIAL,
    held: programs.held,
    fetches: () => counted() + 1,
    probeWorks: programs.probeWorks,
    storeAnswers: (answers) => (answers ? rmSync(away, { force: true }) : writeFileSync(away, '')),
    garble: () => Promise.resolve(dependentOf('command', 'garbling')),
    withWrongKey: () => createCommandAdapter(new Map([['good', system(good, [forbidden[0]])]])),
    async cut() {
      await rm(good[0]);
    },
    traffic: () => Promise.resolve(programs.given()),
    secrets: ['canary-of-the-worker'],
    stop: () => Promise.resolve(),
  };
}

describeDependent({
  name: 'command',
  make: makeRig,
  skip: [{ reason: 'it is a program of the same machine', cases: [...OVER_A_NETWORK, ...OVER_HTTP] }],
});

describe('a service that takes long to begin', () => {
  it('is not stopped at each look, and is told again of another version', async () => {
    const rig = await makeRig();
    const version = (n: number) => sampleVersion({ credentialId: CREDENTIAL, version: n });
    const activate = async (n: number) => (await rig.adapter.activate(rig.dependent, version(n), callContext())).state;

    const first = await activate(2);
    rmSync(rig.programs.using);
    const states = [first, await activate(2), await activate(2), await activate(3)];

    expect(states).toEqual(['done', 'already', 'already', 'done']);
    expect(rig.restarts()).toBe(2);
    await rig.stop();
  });

  it('is told again to go back while it is on its way, though it still uses what it used', async () => {
    const rig = await makeRig();
    const version = (n: number) => sampleVersion({ credentialId: CREDENTIAL, version: n });
    await rig.adapter.activate(rig.dependent, version(2), callContext());
    // The old process answers until the new one has begun.
    writeFileSync(rig.programs.using, '1\n');

    const back = await rig.adapter.activate(rig.dependent, version(1), callContext());

    expect([back.state, rig.restarts()]).toEqual(['done', 2]);
    await rig.stop();
  });

  it.each([
    ['fails', 'exit 3', 'exit 3', 2],
    ['takes too long', 'exec sleep 30', 'no end within 3000 ms', 1],
  ])('is told again at once when its program %s, and not killed at each try', async (_what, lines, failure, runs) => {
    const rig = await makeRig();
    const restart = rig.programs.program('odd', lines);
    const odd = {
      credentials: [CREDENTIAL],
      host: hostname(),
      probe: [...rig.programs.probes.good],
      settleSeconds: 30,
    };
    const adapter = createCommandAdapter(new Map([['good', { ...odd, activate: [restart] }]]));
    const activate = () =>
      adapter.activate(rig.dependent, sampleVersion({ credentialId: CREDENTIAL, version: 2 }), callContext());

    await expect(activate()).rejects.toMatchObject({ code: 'DEPENDENT_UNREACHABLE', fields: { failure } });
    await activate().catch(() => undefined);

    expect(rig.programs.given().filter((line) => line.startsWith(restart))).toHaveLength(runs);
    await rig.stop();
  });

  it('does not hold up whoever waits with what it has left behind', async () => {
    const rig = await makeRig();
    const probe = rig.programs.program('leaving', 'echo 2; sleep 30 & exit 0');
    const system = {
      credentials: [CREDENTIAL],
      host: hostname(),
      activate: [probe],
      probe: [probe],
      settleSeconds: 30,
    };
    const adapter = createCommandAdapter(new Map([['good', system]]));
    const begun = Date.now();

    const status = await adapter.status(
      rig.dependent,
      sampleVersion({ version: 2, credentialId: CREDENTIAL }),
      callContext(),
    );

    expect([status.using, Date.now() - begun < 1_900]).toEqual([2, true]);
    await rig.stop();
  });

  it.each([
    ['another machine', { host: 'elsewhere' }, 'DEPENDENT_UNREACHABLE'],
    ['another credential', { credentials: ['other'] }, 'DEPENDENT_UNKNOWN'],
  ])('of %s runs nothing here', async (_what, other, code) => {
    const rig = await makeRig();
    const restart = rig.programs.program('never', 'exit 0');
    const system = {
      credentials: [CREDENTIAL],
      host: hostname(),
      activate: [restart],
      probe: [restart],
      settleSeconds: 30,
      ...other,
    };
    const adapter = createCommandAdapter(new Map([['good', system]]));

    const told = adapter.activate(
      rig.dependent,
      sampleVersion({ version: 2, credentialId: CREDENTIAL }),
      callContext(),
    );

    await expect(told).rejects.toMatchObject({ code });
    expect(rig.programs.given().join()).not.toContain(restart);
    await rig.stop();
  });

  it.each(['-rf', 'a\nb'])('is given no name that is no argument: %j', async (publicId) => {
    const rig = await makeRig();
    const activate = [rig.programs.program('named', 'exit 0'), '{publicId}'];
    const system = {
      credentials: [CREDENTIAL],
      host: hostname(),
      activate,
      probe: [...rig.programs.probes.good],
      settleSeconds: 30,
    };
    const adapter = createCommandAdapter(new Map([['good', system]]));
    const version = sampleVersion({ version: 2, credentialId: CREDENTIAL, publicId });

    await expect(adapter.activate(rig.dependent, version, callContext())).rejects.toMatchObject({
      code: 'DEPENDENT_REFUSED',
    });
    await rig.stop();
  });

  it('may say the public id of what it uses, as a database does', async () => {
    const rig = await makeRig();
    const version = sampleVersion({ credentialId: CREDENTIAL, version: 2 });
    writeFileSync(rig.programs.using, `${version.publicId}\n`);

    expect(await rig.adapter.status(rig.dependent, version, callContext())).toMatchObject({ using: 2, healthy: true });
    await rig.stop();
  });

  it('is given nothing of the worker: which programs run is said by the settings, and not by the inventory', async () => {
    const rig = await makeRig();
    const version = sampleVersion({ credentialId: CREDENTIAL, version: 2 });

    await rig.adapter.activate(rig.dependent, version, callContext());
    const stranger = rig.adapter.activate(dependentOf('command', '/bin/sh'), version, callContext());

    await expect(stranger).rejects.toMatchObject({ code: 'DEPENDENT_UNKNOWN' });
    expect(rig.programs.given().join()).not.toContain('canary');
    await rig.stop();
  });
});
