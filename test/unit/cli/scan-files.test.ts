import { mkdirSync, symlinkSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { formatToken, tokenPublicId } from '../../../domain/token-format';
import { filesOf, valuesIn } from '../../../cli/scan-files';

/** As a file is read: pieces of this size. */
const PIECE = 65_536;
const TOKEN = formatToken((size) => Buffer.alloc(size, 43));
const SHOWN = tokenPublicId(TOKEN);

let directory: string;

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'tourniquet-scan-'));
});

afterEach(() => rmSync(directory, { recursive: true }));

async function found(content: string | Buffer): Promise<readonly (readonly [number, string])[]> {
  const file = join(directory, 'file');
  writeFileSync(file, content);
  const values: (readonly [number, string])[] = [];
  for await (const { line, shown } of valuesIn(file)) values.push([line, shown]);
  return values;
}

it('finds a token with a good checksum, and says its line and public id', async () => {
  const wrong = `${TOKEN.slice(0, -1)}${TOKEN.endsWith('0') ? '1' : '0'}`;

  expect(await found(`a\nb ${TOKEN}\n${wrong}\nkey: tqk_${'x'.repeat(43)}\n`)).toEqual([
    [2, SHOWN],
    [4, 'an API key'],
  ]);
});

it('finds each once, wherever the pieces of the file end', async () => {
  for (let offset = 1; offset < TOKEN.length + 300; offset += 7) {
    const before = 'x\n'.repeat((PIECE - offset) / 2);
    expect(await found(`${before}${TOKEN}\n${'y\n'.repeat(PIECE)}`)).toEqual([[before.split('\n').length, SHOWN]]);
  }
});

it('finds a key that other characters follow, wherever the pieces of the file end', async () => {
  for (let offset = 1; offset < 400; offset += 9) {
    const before = 'x\n'.repeat((PIECE - offset) / 2);
    const text = `${before}tqk_${'k'.repeat(43)}${'z'.repeat(400)}\n`;
    expect(await found(text)).toEqual([[before.split('\n').length, 'an API key']]);
  }
});

it('reads a key to its end, and no further', async () => {
  const key = `tqk_${'k'.repeat(43)}`;
  const file = join(directory, 'environ');
  writeFileSync(file, `PATH=/bin\0KEY=${key}\0PATHX=/usr/bin\0OLD=${key}_backup\0`);
  const values: string[] = [];
  for await (const { value } of valuesIn(file)) values.push(value);

  expect(values).toEqual([key, key]);
});

it('finds it at the very end, in what is packed, and in what is no text', async () => {
  const binary = Buffer.concat([Buffer.from([0, 255, 254]), Buffer.from(TOKEN), Buffer.from([0])]);

  const utf16 = Buffer.from(`\ufeffkey\r\n${TOKEN}\r\n`, 'utf16le');

  expect([await found(TOKEN), await found(gzipSync(`\n${TOKEN}`)), await found(binary), await found(utf16)]).toEqual([
    [[1, SHOWN]],
    [[2, SHOWN]],
    [[1, SHOWN]],
    [[2, SHOWN]],
  ]);
  expect(await found(Buffer.from(utf16).swap16())).toEqual([[2, SHOWN]]);
});

it('walks folders, and leaves what version control keeps packed', async () => {
  for (const folder of ['a/b', '.git/objects/0a', '.git/modules/x/objects', 'objects'])
    mkdirSync(join(directory, folder), { recursive: true });
  const written = [
    'one',
    'a/two',
    'a/b/three',
    '.git/config',
    '.git/objects/0a/4',
    '.git/modules/x/objects/5',
    'objects/6',
  ];
  for (const file of written) writeFileSync(join(directory, file), '');
  symlinkSync('a/two', join(directory, 'link'));
  symlinkSync('.', join(directory, 'a/ring'));
  symlinkSync('nowhere', join(directory, 'broken'));
  const files: string[] = [];
  for await (const file of filesOf(directory)) files.push(file.slice(directory.length + 1));

  expect(files.sort()).toEqual(['.git/config', 'a/b/three', 'a/two', 'link', 'objects/6', 'one']);
  await expect(filesOf(join(directory, 'nowhere')).next()).rejects.toMatchObject({ code: 'SCAN_PLACE_UNREADABLE' });
});
