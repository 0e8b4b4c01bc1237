import { spawn } from 'node:child_process';
import { cp, mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import type { Journal } from '../../drills/chaos/journal';
import { temporaryFolder } from '../support/temporary-folder';

const ROOT = path.resolve(__dirname, '../..');
/** Below the project, so that its packages are found. */
const BROKEN_BUILD = path.join(ROOT, '.tourniquet', `broken-build-${process.pid}`);
const folder = temporaryFolder();

interface DrillRun {
  readonly code: number | null;
  readonly journal: Journal;
  readonly stderr: string;
}

/** Runs a drill as a user would, from any build; its evidence is a file, and the last line of its standard output. */
async function runDrill(name: string, build = path.join(ROOT, 'dist')): Promise<DrillRun> {
  const evidence = path.join(folder.path, `${name}.json`);
  const args = [path.join(build, 'cli/main.js'), 'drill', 'run', name, '--json', '--evidence', evidence];
  const { code, stdout, stderr } = await new Promise<{ code: number | null; stdout: string; stderr: string }>(
    (resolve, reject) => {
      const drill = spawn(process.execPath, args, { cwd: ROOT });
      let [stdout, stderr] = ['', ''];
      drill.stdout.on('data', (chunk: Buffer) => (stdout += chunk.toString('utf8')));
      drill.stderr.on('data', (chunk: Buffer) => (stderr += chunk.toString('utf8')));
      drill.once('error', reject);
      drill.once('close', (ended) => resolve({ code: ended, stdout, stderr }));
    },
  );
  const journal = JSON.parse(await readFile(evidence, 'utf8')) as Journal;
  expect(JSON.parse(stdout)).toEqual(journal);
  return { code, journal, stderr };
}

function expectToHold({ code, journal, stderr }: DrillRun): void {
  expect({ code, broken: code === 0 ? '' : stderr.slice(-3_000) }).toEqual({ code: 0, broken: '' });
  expect(journal).toMatchObject({ status: 'completed', deviated: false });
  for (const probes of [journal.steadyStates.before, journal.steadyStates.after]) {
    expect(probes).toHaveLength(4);
    for (const probe of probes) expect(probe).toMatchObject({ met: true });
  }
  expect(journal.verdicts.length).toBeGreaterThan(6);
  for (const verdict of journal.verdicts) expect(verdict).toMatchObject({ kept: true });
  for (const step of [...journal.method, ...journal.rollbacks]) expect(step.status).toBe('succeeded');
}

describe('tourniquet drill run', () => {
  it('worker-killed: the answer goes on where it was', async () => {
    const run = await runDrill('worker-killed');

    expectToHold(run);
    expect(run.journal.method.map(({ name }) => name.split(' ')[0])).toEqual(['kill', 'start']);
  });

  it('temporal-down: the gateway refuses anyway, and the workflow adopts the hold', async () => {
    const run = await runDrill('temporal-down');

    expectToHold(run);
    const { downAt, upAt } = run.journal.facts;
    expect(Number(upAt) - Number(downAt)).toBeGreaterThan(20_000);
  });

  it('gateway-cut-off: the gateway knows it, and refuses the token by another way', async () => {
    const run = await runDrill('gateway-cut-off');

    expectToHold(run);
    expect(Number(run.journal.facts['knewAfterMs'])).toBeGreaterThan(1_000);
  });

  it('fails on a build whose gateways believe the API and apply nothing of it, and says which invariant broke', async () => {
    const { code, journal, stderr } = await runDrill('gateway-cut-off', await brokenBuild());

    expect([code, journal.status, journal.deviated]).toEqual([1, 'completed', true]);
    const broken = journal.verdicts.filter(({ kept }) => !kept).map(({ invariant }) => invariant);
    expect(broken).toEqual([expect.stringContaining('it refused the token all the same, by the API')]);
    expect(stderr).toContain('DID NOT HOLD');
  });

  afterAll(() => rm(BROKEN_BUILD, { recursive: true, force: true }));

  /** What was built, with one line taken out. */
  async function brokenBuild(): Promise<string> {
    const root = BROKEN_BUILD;
    await mkdir(root, { recursive: true });
    await cp(path.join(ROOT, 'dist'), path.join(root, 'dist'), { recursive: true });
    await cp(path.join(ROOT, 'package.json'), path.join(root, 'package.json'));
    await cp(path.join(ROOT, 'rules'), path.join(root, 'rules'), { recursive: true });
    const file = path.join(root, 'dist/enforcement/denylist-fallback.js');
    const code = await readFile(file, 'utf8');
    const sabotaged = code.replace(/joinOne\(entry\);/, ';');
    expect(sabotaged).not.toBe(code);
    await writeFile(file, sabotaged);
    return path.join(root, 'dist');
  }
});
