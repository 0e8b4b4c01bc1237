import { spawn } from 'node:child_process';
import { readdirSync, readlinkSync } from 'node:fs';
import path from 'node:path';
import { eventually } from '../support/eventually';

const ROOT = path.resolve(__dirname, '../..');

/** Processes that work in a directory below this one: the product's, the estate's and the servers'. */
function processesIn(directory: string): string[] {
  return readdirSync('/proc').filter((pid) => {
    try {
      return /^\d+$/.test(pid) && readlinkSync(`/proc/${pid}/cwd`).startsWith(directory);
    } catch {
      return false;
    }
  });
}

describe('Ctrl-C in the middle of the leak', () => {
  it.each([0, 2_000])('ends the demo soon and leaves nothing running (%d ms after it began)', async (afterMs) => {
    const demo = spawn(process.execPath, ['dist/cli/main.js', 'demo'], { cwd: ROOT });
    let told = '';
    demo.stdout.on('data', (chunk: Buffer) => (told += chunk.toString('utf8')));
    const ended = new Promise<number | null>((resolve) => demo.once('close', resolve));
    await eventually(
      () => told,
      (text) => text.includes('THE LEAK'),
      60_000,
    );
    const directory =
      /set -a; \. (?<directory>\S+)\/tourniquet\/tourniquet\.env/.exec(told)?.groups?.['directory'] ?? '';

    expect(processesIn(directory).length).toBeGreaterThan(10);
    await new Promise((resolve) => setTimeout(resolve, afterMs));
    demo.kill('SIGINT');
    const begin = Date.now();
    const code = await ended;

    expect(code).toBe(130);
    expect(Date.now() - begin).toBeLessThan(30_000);
    expect(directory).not.toBe('');
    expect(
      await eventually(
        () => processesIn(directory),
        (left) => left.length === 0,
        20_000,
      ),
    ).toEqual([]);
  });
});
