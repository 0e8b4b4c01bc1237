import { execFileSync, spawn } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { mapNative } from '../../../detectors/sources/native';
import { survey } from '../../../recordings/in-time-order';
import { forEachInTime } from '../../../recordings/merge-files';
import { temporaryFolder } from '../../support/temporary-folder';

const folder = temporaryFolder();
const LIMITS = { held: 10, sorted: 100 };

async function file(times: readonly number[], name = `f${Math.random()}`): Promise<string> {
  const events = times.map((at, index) => ({
    kind: 'control',
    id: `${name}-${index}`,
    at,
    subject: 'id:test:x',
    listed: 'none',
  }));
  const path = join(folder.path, name);
  await writeFile(path, events.map((one) => JSON.stringify(one)).join('\n'));
  return path;
}

async function timesOf(path: string): Promise<readonly number[]> {
  const { open } = await survey(path, mapNative, LIMITS);
  const times: number[] = [];
  for await (const piece of open()) times.push(...piece.map(({ at }) => at));
  return times;
}

const upTo = (count: number): number[] => Array.from({ length: count }, (_, n) => n);

it.each([
  ['small and in order', upTo(10)],
  ['small and out of order', [3, 1, 2]],
  ['larger than is held, in order', upTo(1_000)],
  ['larger than is held, out of order at its end', [...upTo(99), 5]],
])('%s', async (_what, times) => {
  const inOrder = [...times].sort((a, b) => a - b);

  expect(await timesOf(await file(times))).toEqual(inOrder);
});

it('reads a pipe once, though it has a path', async () => {
  const [path, pipe] = [await file([...upTo(50), 5]), join(folder.path, 'pipe')];
  execFileSync('/bin/sh', ['-c', 'mkfifo "$0"', pipe]);
  const writer = spawn('cp', [path, pipe]);

  try {
    expect(await timesOf(pipe)).toEqual([...upTo(50), 5].sort((a, b) => a - b));
  } finally {
    writer.kill();
  }
});

it('refuses what is out of order and more than can be sorted', async () => {
  await expect(timesOf(await file([...upTo(200), 5]))).rejects.toMatchObject({
    code: 'RECORDING_TOO_LARGE',
    fields: { most: 100 },
  });
});

it('refuses it before anything of another file is used', async () => {
  const files = [await file(upTo(10)), await file([...upTo(200), 5])];
  const times: number[] = [];

  await expect(
    forEachInTime(files, mapNative, ({ at }) => times.push(at), { held: 10, sorted: 100 }),
  ).rejects.toMatchObject({ code: 'RECORDING_TOO_LARGE' });

  expect(times).toEqual([]);
});

it.each([0, 10, 100])('merges files of which no more than %i events are held at once', async (held) => {
  const files = [
    await file([], 'empty'),
    await file(upTo(30).map((n) => 3 * n)),
    await file([...upTo(20), 5]),
    await file(upTo(30).map((n) => 100 + n)),
  ];
  const times: number[] = [];

  const counts = await forEachInTime(files, mapNative, ({ at }) => times.push(at), { held, sorted: 100 });

  expect(times).toEqual([...times].sort((a, b) => a - b));
  expect(counts).toMatchObject({ records: 81, malformed: 0 });
  expect(times).toHaveLength(81);
});

it('merges files by time, and by their order where times are the same', async () => {
  const files = [await file([1, 3, 3], 'a'), await file([2, 3], 'b'), await file([0], 'c')];
  const ids: string[] = [];

  const counts = await forEachInTime(files, mapNative, ({ id }) => ids.push(id));

  expect(ids).toEqual(['c-0', 'a-0', 'b-0', 'a-1', 'a-2', 'b-1']);
  expect(counts).toMatchObject({ records: 6, malformed: 0 });
});
