import { createHash } from 'node:crypto';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { scanCommand } from '../../../cli/commands/scan';
import { formatToken } from '../../../domain/token-format';
import { outputOf } from '../../support/output-of';
import { temporaryFolder } from '../../support/temporary-folder';

const folder = temporaryFolder();
const TOKEN = formatToken((size) => createHash('sha512').update('scan').digest().subarray(0, size));

afterEach(() => (process.exitCode = undefined));

it('goes on behind a place that can not be read, says so, and does not call the search complete', async () => {
  const told = jest.spyOn(process.stderr, 'write').mockImplementation(() => true);
  const place = join(folder.path, 'place');
  await mkdir(place);
  await writeFile(join(place, 'a-broken.gz'), gzipSync('x'.repeat(10_000)).subarray(0, 30));
  await writeFile(join(place, 'b.env'), `TOKEN=${TOKEN}\n`);

  const output = await outputOf(scanCommand(), join(folder.path, 'nowhere'), place);

  expect(output).toMatch(/b\.env:1: /);
  expect(output).not.toContain(TOKEN);
  const faults = told.mock.calls.map(([line]) => String(line));
  expect(faults).toEqual([
    expect.stringMatching(/^SCAN_PLACE_UNREADABLE \(place=\S+nowhere reason=ENOENT\): Name a file or folder/),
    expect.stringMatching(/^SCAN_PLACE_UNREADABLE \(place=\S+a-broken\.gz reason=/),
  ]);
  expect(process.exitCode).toBe(2);
  told.mockRestore();
});

it.each([
  [`TOKEN=${TOKEN}\n`, 1],
  ['nothing\n', undefined],
])('ends with what it found: %#', async (content, code) => {
  const file = join(folder.path, 'one');
  await writeFile(file, content);

  await outputOf(scanCommand(), file);

  expect(process.exitCode).toBe(code);
});

it('shows none of a file that is called by one', async () => {
  const file = join(folder.path, `${TOKEN}.env`);
  await writeFile(file, `TOKEN=${TOKEN}\n`);

  const output = await outputOf(scanCommand(), file);

  expect(output).toMatch(/\[secret\]\.env:1: /);
  expect(output).not.toContain(TOKEN);
});

it('says what is missing to report what it finds', async () => {
  const told = jest.spyOn(process.stderr, 'write').mockImplementation(() => true);

  await expect(outputOf(scanCommand(), '--report', folder.path)).rejects.toMatchObject({ exitCode: 1 });

  expect(told.mock.calls.join('')).toMatch(/--report needs --key-file/);
  told.mockRestore();
});
