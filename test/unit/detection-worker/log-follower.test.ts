import { appendFile, mkdtemp, rename, rm, stat, truncate, unlink, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { LogFollower } from '../../../workers/sources/log-follower';

let directory: string;
let follower: LogFollower;
const file = (name: string) => join(directory, name);

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'tourniquet-log-'));
  follower = new LogFollower(directory, '.json');
});

afterEach(async () => {
  await follower.close();
  await rm(directory, { recursive: true });
});

async function texts(): Promise<string[]> {
  const found: string[] = [];
  for (;;) {
    const lines = await follower.read(true);
    if (lines.length === 0) return found;
    found.push(...lines.map(({ text }) => text));
  }
}

/** Files in the order they were written to, whatever the clock's grain. */
async function writtenAt(name: string, seconds: number): Promise<void> {
  await utimes(file(name), seconds, seconds);
}

test('gives complete lines only', async () => {
  await writeFile(file('a.json'), 'one\ntw');
  await follower.begin(undefined, 'start');

  expect(await texts()).toEqual(['one']);
  await appendFile(file('a.json'), 'o\n');
  expect(await texts()).toEqual(['two']);
});

test('begins at the end of what is there', async () => {
  await writeFile(file('a.json'), 'old\n');
  await follower.begin(undefined, 'end');

  await appendFile(file('a.json'), 'new\n');

  expect(await texts()).toEqual(['new']);
});

test('waits for a directory that is empty still, and sees other files not at all', async () => {
  await follower.begin(undefined, 'end');
  await writeFile(file('a.log'), 'text\n');
  expect(await texts()).toEqual([]);

  await writeFile(file('a.json'), 'first\n');

  expect(await texts()).toEqual(['first']);
});

test('follows a rotation, through several files, and reads the rest of the old one first', async () => {
  await writeFile(file('z.json'), 'one\n');
  await follower.begin(undefined, 'start');
  expect(await texts()).toEqual(['one']);

  await appendFile(file('z.json'), 'two\n');
  await writeFile(file('a.json'), 'three\n');
  await writeFile(file('m.json'), 'four\n');
  await writtenAt('z.json', 1_000);
  await writtenAt('a.json', 2_000);
  await writtenAt('m.json', 3_000);

  expect(await texts()).toEqual(['two', 'three', 'four']);
});

test('reads a truncated file from its beginning', async () => {
  await writeFile(file('a.json'), 'a long first line\n');
  await follower.begin(undefined, 'start');
  await texts();

  await truncate(file('a.json'), 0);
  await appendFile(file('a.json'), 'again\n');

  expect(await texts()).toEqual(['again']);
});

test('goes on behind a file that was removed, without reading older ones again', async () => {
  await writeFile(file('a.json'), 'oldest\n');
  await writeFile(file('b.json'), 'old\n');
  await writtenAt('a.json', 1_000);
  await writtenAt('b.json', 2_000);
  await follower.begin(undefined, 'end');

  await unlink(file('b.json'));
  await writeFile(file('c.json'), 'new\n');

  expect(await texts()).toEqual(['new']);
});

test('goes to a saved position', async () => {
  await writeFile(file('a.json'), 'one\ntwo\n');
  const { ino } = await stat(file('a.json'));

  await follower.begin({ file: 'a.json', inode: ino, offset: 4 }, 'end');

  expect(await texts()).toEqual(['two']);
});

test('reads all that is left when the file of a saved position is another one now', async () => {
  await writeFile(file('a.json'), 'one\ntwo\n');
  const { ino } = await stat(file('a.json'));
  await rename(file('a.json'), file('a.old'));
  await writeFile(file('a.json'), 'three\n');

  await follower.begin({ file: 'a.json', inode: ino, offset: 4 }, 'end');

  expect(await texts()).toEqual(['three']);
});
