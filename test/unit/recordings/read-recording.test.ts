import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { readRecording } from '../../../recordings/read-recording';
import { temporaryFolder } from '../../support/temporary-folder';

const record = (n: number, more: Record<string, unknown> = {}): Record<string, unknown> => ({
  eventID: `event-${n}`,
  eventTime: new Date(Date.UTC(2026, 0, 6, 12, 0, n)).toISOString(),
  eventName: 'ListBuckets',
  eventSource: 's3.amazonaws.com',
  userIdentity: { type: 'IAMUser', accessKeyId: 'AKIAEXAMPLEEXAMPLE00' },
  ...more,
});

const LATER_FIRST = [record(2), record(1)];
const FORMS: readonly (readonly [string, string])[] = [
  ['JSON lines', LATER_FIRST.map((one) => JSON.stringify(one)).join('\n')],
  ['JSON lines that end with a newline', `${LATER_FIRST.map((one) => JSON.stringify(one)).join('\r\n')}\r\n\n`],
  ['a JSON array', JSON.stringify(LATER_FIRST, undefined, 2)],
  ['an object of Records', JSON.stringify({ Records: LATER_FIRST })],
  ['an object of Events', JSON.stringify({ Events: LATER_FIRST })],
  ['lines of such objects', LATER_FIRST.map((one) => JSON.stringify({ Records: [one] })).join('\n')],
  ['such objects one right after the other', LATER_FIRST.map((one) => JSON.stringify({ Records: [one] })).join('')],
  [
    'records one right after the other, with braces in their texts',
    LATER_FIRST.map((one) => JSON.stringify({ ...one, a: '}{"' })).join(''),
  ],
  ['an array behind a byte-order mark', `\uFEFF${JSON.stringify(LATER_FIRST)}`],
];

const folder = temporaryFolder();

async function file(content: string | Buffer): Promise<string> {
  const path = join(folder.path, `recording-${Math.random()}`);
  await writeFile(path, content);
  return path;
}

describe.each(FORMS)('%s', (_form, text) => {
  it.each([
    ['plain', text],
    ['gzipped', gzipSync(text)],
  ])('%s: every record, in the order of time', async (_packing, content) => {
    const { events, ...counts } = await readRecording([await file(content)]);

    expect(events.map(({ id }) => id)).toEqual(['cloudtrail:event-1', 'cloudtrail:event-2']);
    expect(counts).toEqual({ records: 2, ignored: 0, malformed: 0, faults: [] });
  });
});

it('one record alone, and several files as one recording', async () => {
  const files = [await file(JSON.stringify(record(3))), await file(JSON.stringify([record(1)]))];

  expect((await readRecording(files)).events.map(({ id }) => id)).toEqual(['cloudtrail:event-1', 'cloudtrail:event-3']);
});

it('counts what is no use of a key, and names what is malformed without its content', async () => {
  const path = await file(
    [record(1), record(2, { userIdentity: { type: 'AWSService' } }), record(3, { eventID: 7 })]
      .map((one) => JSON.stringify(one))
      .concat('', '{"cut off')
      .join('\n'),
  );
  const { events, ignored, malformed, faults } = await readRecording([path]);

  expect([events.length, ignored, malformed]).toEqual([1, 1, 2]);
  expect(faults).toEqual([
    `${path}: record 3: eventID: invalid_type`,
    `${path}: line 5: no JSON, or one that is cut off`,
  ]);
});

it('empty files, and files of another kind, take no other with them', async () => {
  const whole = await file(JSON.stringify({ Records: [record(1)] }));
  const others = [
    await file(''),
    await file('{"Records":[]}'),
    await file('null'),
    await file('{"digestS3Bucket":"x"}'),
  ];

  const { events, malformed } = await readRecording([...others, whole]);

  expect([events.length, malformed]).toEqual([1, 1]);
});

it.each([
  ['a file of another kind alone', '{"digestS3Bucket":"x"}', 'RECORDING_OF_ANOTHER_SOURCE'],
  ['several empty ones', '[]', 'RECORDING_UNREADABLE'],
])('refuses %s', async (_what, content, code) => {
  await expect(readRecording([await file(content), await file(content)])).rejects.toMatchObject({ code });
});

it('a line that is cut off takes none with it that stands in it', async () => {
  const path = await file(
    `${JSON.stringify(record(1))}${JSON.stringify(record(2))}{"policy":"{${'\\"'.repeat(50_000)}`,
  );

  const { events, malformed } = await readRecording([path]);

  expect([events.length, malformed]).toEqual([2, 1]);
});

it('nor does one that begins in the middle', async () => {
  const path = await file(
    `"x":1}}${JSON.stringify(record(1))}${JSON.stringify(record(2))}\n${JSON.stringify(record(3))}`,
  );

  const { events, malformed } = await readRecording([path]);

  expect([events.length, malformed]).toEqual([3, 1]);
});

it.each([
  ['behind blank lines and others', (line: string) => `\n\n${line}\n${'\n'.repeat(70_000)}{"cut`, 70_004],
  ['before all others', (line: string) => `{"cut\n${line}\n`, 1],
  ['where one begins in the middle', (line: string) => `${line}\n"x":1}}${line}\n`, 2],
])('names the line that is cut off %s', async (_where, text, line) => {
  const path = await file(text(JSON.stringify(record(1))));

  expect((await readRecording([path])).faults).toEqual([`${path}: line ${line}: no JSON, or one that is cut off`]);
});

it.each([
  ['a whole that is cut off', '{"Records":[{"eventID":"1"},', 'no JSON, or one that is cut off'],
  ['a number', '7', 'no record'],
])('says what is the matter with %s', async (_what, text, reason) => {
  await expect(readRecording([await file(text)])).rejects.toMatchObject({ fields: { reason } });
});

it.each([65_535, 65_536, 200_000])('a line that ends at byte %i, wherever the pieces of a file end', async (length) => {
  const note = (rest: number): string => 'é'.repeat(rest / 2) + 'x'.repeat(rest % 2);
  const bare = Buffer.byteLength(JSON.stringify(record(1, { note: '' })));
  const text = `${JSON.stringify(record(1, { note: note(length - bare) }))}\r\n${JSON.stringify(record(2))}\r\n`;

  const { events, malformed } = await readRecording([await file(text)]);

  expect([events.length, malformed]).toEqual([2, 0]);
});

it.each([
  ['nothing', ''],
  ['an empty array', '[]'],
  ['prose', 'It was a dark and stormy night.'],
  ['a broken gzip', gzipSync('[{}]').subarray(0, 12)],
])('refuses %s', async (_what, content) => {
  await expect(readRecording([await file(content)])).rejects.toMatchObject({ code: 'RECORDING_UNREADABLE' });
});

it('refuses a file that is not there', async () => {
  await expect(readRecording(['/no/such/file'])).rejects.toMatchObject({ fields: { reason: 'ENOENT' } });
});
