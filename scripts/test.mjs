// All tests: first the demos, since they promise that no request waits longer than some seconds, and what only computes behind them; then in
// lanes, all at once: most of them wait more than they work. Within a run of Jest, files go one after the other, since they share servers.
// Arguments go to one run of Jest instead, as they are.
import { Buffer } from 'node:buffer';
import { spawn } from 'node:child_process';
import { setPriority } from 'node:os';
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';

/** Files of test/integration that start the whole product, or much of it, for seconds or minutes. */
const SCENES = ['drills', 'demo-interrupted', 'replay', 'canary', 'breaker'];
const DEMOS = ['demo', 'provider-demo'];
/** They wait for time-outs of servers, up to minutes long. */
const PATIENT = ['asked-to-wait', 'worker-killed', 'given-up-attempts', 'rotation-ended', 'threat-intel', 'renewal'];

const [demoFiles, sceneFiles, patientFiles] = [DEMOS, SCENES, PATIENT].map((names) =>
  names.map((name) => `test/integration/${name}.test.ts`),
);
const testsIn = (folder) =>
  readdirSync(`test/${folder}`, { recursive: true })
    .filter((name) => name.endsWith('.test.ts'))
    .map((name) => `test/${folder}/${name}`);
/** In one process they are the last by minutes, and what each worker of a story leaves in memory makes the next one slower. */
const inTwo = (files) => [0, 1].map((odd) => files.filter((_name, index) => index % 2 === odd));
const [evenStories, oddStories] = inTwo(testsIn('workflows'));
const [evenContracts, oddContracts] = inTwo(testsIn('contract'));
const otherFiles = ['integration', 'browser']
  .flatMap(testsIn)
  .filter((path) => ![...demoFiles, ...sceneFiles, ...patientFiles].includes(path));

const FIRST = { name: 'demos', args: ['--selectProjects', 'integration', '--runTestsByPath', ...demoFiles] };
const BEHIND = [
  { name: 'replay', args: ['--selectProjects', 'replay'] },
  { name: 'units', args: ['--selectProjects', 'unit'] },
];
const LANES = [
  { name: 'scenes', args: ['--selectProjects', 'integration', '--runTestsByPath', ...sceneFiles] },
  { name: 'patient', args: ['--selectProjects', 'integration', '--runTestsByPath', ...patientFiles] },
  { name: 'contracts', args: ['--selectProjects', 'contract', '--runTestsByPath', ...evenContracts] },
  { name: 'more contracts', args: ['--selectProjects', 'contract', '--runTestsByPath', ...oddContracts] },
  { name: 'servers', args: ['--selectProjects', 'integration', 'browser', '--runTestsByPath', ...otherFiles] },
  { name: 'stories', args: ['--selectProjects', 'workflows', '--runTestsByPath', ...evenStories] },
  { name: 'more stories', args: ['--selectProjects', 'workflows', '--runTestsByPath', ...oddStories] },
];
/** Scenes have promises to keep; those that only compute take what those that wait leave. */
const NICE = {
  scenes: 4,
  servers: 6,
  contracts: 6,
  'more contracts': 6,
  patient: 8,
  stories: 8,
  'more stories': 8,
  replay: 14,
  units: 14,
};
const countsFile = process.env.TQ_COUNTS_FILE;
const running = new Set();
let stopped = false;
const given = process.argv.slice(2);

if (given.length > 0) {
  process.exitCode = await jest(given, 'inherit');
} else {
  // Ctrl-C goes to the whole group by itself; what is sent to this process alone must reach the runs too.
  process.once('SIGTERM', () => {
    stopped = true;
    for (const child of running) child.kill('SIGTERM');
  });
  const behind = BEHIND.map(run);
  const codes = [await run(FIRST), ...(await Promise.all([...behind, ...LANES.map(run)]))];
  if (countsFile) sumCounts();
  process.exitCode = Math.max(...codes);
}

function run({ name, args }) {
  if (stopped) return 1;
  const counts = countsFile ? { TQ_COUNTS_FILE: `${countsFile}.${name}` } : {};
  // One lane shows as it goes; the others' output comes when they end, so that they do not mix.
  return jest(args, name === 'servers' ? 'inherit' : 'pipe', counts, NICE[name] ?? 0);
}

function jest(args, output, env = {}, nice = 0) {
  const child = spawn(process.execPath, ['node_modules/jest/bin/jest.js', ...args], {
    stdio: ['inherit', output, output],
    env: { ...process.env, ...env },
  });
  running.add(child);
  if (nice > 0 && child.pid) setPriority(child.pid, nice);
  const held = [];
  child.stdout?.on('data', (chunk) => held.push(chunk));
  child.stderr?.on('data', (chunk) => held.push(chunk));
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (code) => {
      running.delete(child);
      if (held.length > 0) process.stdout.write(Buffer.concat(held));
      resolve(code ?? 1);
    });
  });
}

/** A run without numbers ended before it had any: that is one failure. */
function sumCounts() {
  const all = [FIRST, ...BEHIND, ...LANES].map(({ name }) => countsOf(name));
  const sums = [0, 1, 2].map((index) => all.reduce((sum, { counts }) => sum + counts[index], 0));
  mkdirSync(dirname(countsFile), { recursive: true });
  writeFileSync(countsFile, `${[sums.join(' '), ...all.flatMap(({ failures }) => failures)].join('\n')}\n`);
}

function countsOf(name) {
  const file = `${countsFile}.${name}`;
  try {
    const [counts, ...failures] = readFileSync(file, 'utf8').trim().split('\n');
    rmSync(file);
    return { counts: counts.split(' ').map(Number), failures };
  } catch {
    return { counts: [0, 1, 0], failures: [`the run "${name}" ended before it had any numbers`] };
  }
}
