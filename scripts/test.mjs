// All tests, as two runs of Jest at once: what starts the whole product waits for it more than it works, and the rest works. Within a run,
// files go one after the other where they share servers. Arguments go to one run of Jest instead, as they are.
import { Buffer } from 'node:buffer';
import { spawn } from 'node:child_process';
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';

const RUNS = {
  product: ['integration', 'browser'],
  parts: ['unit', 'contract', 'workflows', 'replay'],
};
const countsFile = process.env.TQ_COUNTS_FILE;
const given = process.argv.slice(2);

if (given.length > 0) {
  process.exitCode = await jest(given, 'inherit').ended;
} else {
  const runs = Object.entries(RUNS).map(([name, projects]) => {
    const counts = countsFile ? { TQ_COUNTS_FILE: `${countsFile}.${name}` } : {};
    // The parts' output comes as one piece at their end, so that the two do not mix.
    return jest(['--selectProjects', ...projects], name === 'parts' ? 'pipe' : 'inherit', counts);
  });
  // Ctrl-C goes to the whole group by itself; what is sent to this process alone must reach the runs too.
  process.once('SIGTERM', () => runs.forEach(({ child }) => child.kill('SIGTERM')));
  const codes = await Promise.all(runs.map(({ ended }) => ended));
  if (countsFile) sumCounts();
  process.exitCode = Math.max(...codes);
}

function jest(args, output, env = {}) {
  const child = spawn(process.execPath, ['node_modules/jest/bin/jest.js', ...args], {
    stdio: ['inherit', output, output],
    env: { ...process.env, ...env },
  });
  const held = [];
  child.stdout?.on('data', (chunk) => held.push(chunk));
  child.stderr?.on('data', (chunk) => held.push(chunk));
  const ended = new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (code) => {
      if (held.length > 0) process.stdout.write(Buffer.concat(held));
      resolve(code ?? 1);
    });
  });
  return { child, ended };
}

/** A run without numbers ended before it had any: that is one failure. */
function sumCounts() {
  const all = Object.keys(RUNS).map((name) => countsOf(`${countsFile}.${name}`));
  const sums = [0, 1, 2].map((index) => all.reduce((sum, counts) => sum + counts[index], 0));
  mkdirSync(dirname(countsFile), { recursive: true });
  writeFileSync(countsFile, `${sums.join(' ')}\n`);
}

function countsOf(file) {
  try {
    const counts = readFileSync(file, 'utf8').trim().split(' ').map(Number);
    rmSync(file);
    return counts;
  } catch {
    return [0, 1, 0];
  }
}
