import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { backtestCommand } from '../../../cli/commands/backtest';
import { madeUpTheft } from '../../support/recorded-theft';
import { temporaryFolder } from '../../support/temporary-folder';
import { outputOf } from '../../support/output-of';

const folder = temporaryFolder();

async function file(content: string): Promise<string> {
  const path = join(folder.path, `recording-${Math.random()}`);
  await writeFile(path, content);
  return path;
}

const theft = (): Promise<string> => file(JSON.stringify(madeUpTheft()));

const output = (...args: string[]) => outputOf(backtestCommand(), ...args);

it('prints a line for each detection and one for the summary, the same bytes every time', async () => {
  const path = await theft();

  const text = await output('--json', path);

  const lines = text
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as Record<string, unknown>);
  expect(lines.map((line) => Object.keys(line))).toEqual([
    ['at', 'detector', 'severity', 'confidence', 'credential', 'eventId', 'reason'],
    [
      ...[
        'events',
        'records',
        'ignored',
        'malformed',
        'stale',
        'credentials',
        'detections',
        'incidents',
        'alertsPer1000',
      ],
      'seconds',
    ],
  ]);
  expect(await output('--json', path)).toBe(text);
});

it('prints a table for people', async () => {
  const text = await output(await theft());

  expect(text).toContain('ASIASTOLEN0000000001');
  expect(text).toContain('61 events of 2 credentials: 1 detections of 1 incidents');
});

it('goes by the policy that is named: its thresholds, and what starts an incident', async () => {
  const [path, surer, later] = [
    await theft(),
    await file('version: 2\nrisk: { strong: 0.9, confident: 0.9 }\n'),
    await file('version: 2\nincidentFrom: high\n'),
  ];

  expect(await output('--policy', surer, path)).toContain('0 detections');
  expect(await output('--policy', later, path)).toContain('0 detections');
  expect(await output('--policy', surer, '--from', 'low', path)).toContain('1 detections');
});

it.each([
  ['before another option', (learn: string, judged: string) => ['--learn', learn, '--json', judged]],
  ['behind the file', (learn: string, judged: string) => [judged, '--json', '--learn', learn]],
  ['right before the file', (learn: string, judged: string) => ['--json', '--learn', learn, judged]],
])('--learn %s', async (_where, args) => {
  const [learn, judged] = [await theft(), await file(JSON.stringify(madeUpTheft().slice(0, 3)))];

  const text = await output(...args(learn, judged));

  expect(JSON.parse(text)).toMatchObject({ events: 3, detections: 0 });
});

it('scores the rows of a series', async () => {
  const path = await file('timestamp,value\n2026-01-06 12:00:00,1\n2026-01-06 12:05:00,2\n');

  expect(await output('--source', 'series', path)).toBe(
    '{"timestamp":"2026-01-06 12:00:00","value":1,"score":0}\n{"timestamp":"2026-01-06 12:05:00","value":2,"score":0}\n',
  );
});

it('asks for a file where none is named', async () => {
  jest.spyOn(process.stderr, 'write').mockReturnValueOnce(true);

  await expect(output('--json')).rejects.toMatchObject({ code: 'commander.error' });
});

it('says at once how many events are stale, and after which', async () => {
  const uses = madeUpTheft();
  const later = { ...uses.at(-1), eventID: 'later', eventTime: '2026-01-07T12:00:00Z' };
  const told = jest.spyOn(process.stderr, 'write').mockReturnValue(true);

  await output('--learn', await file(JSON.stringify([later])), '--json', await theft());

  expect(told.mock.calls.map(([line]) => String(line))).toContainEqual(
    expect.stringMatching(
      /^1 of 61 events are more than an hour older .* see event later of 2026-01-07T12:00:00\.000Z in what was learnt\n$/,
    ),
  );
  told.mockRestore();
});

it('asks the rules of a folder, too, and tells which it refused and which can match nothing', async () => {
  const rule =
    'title: Made up\nid: a\nlevel: high\nlogsource: {product: aws}\ndetection: {s: {eventID: made-up-1}, condition: s}\n';
  await mkdir(join(folder.path, 'rules'), { recursive: true });
  await writeFile(
    join(folder.path, 'rules', 'two.yml'),
    `${rule}---\n${rule.replace('condition: s', 'condition: q')}---\n${rule.replace('product: aws', 'product: okta').replace('id: a', 'id: b')}`,
  );
  const [use] = madeUpTheft();
  const path = await file(JSON.stringify({ ...use, eventID: 'made-up-1' }));
  const told = jest.spyOn(process.stderr, 'write').mockReturnValue(true);

  const text = await output('--rules', join(folder.path, 'rules'), '--json', path);

  expect(text).toContain(': Made up"');
  expect(String(told.mock.calls)).toMatch(/SIGMA_RULE_REFUSED .*two\.yml/);
  expect(String(told.mock.calls)).toContain(
    'rules about sources that are not read here, 1 in all, match nothing: okta (1)',
  );
  told.mockRestore();
});

it('a series takes nothing that is about credentials and addresses', async () => {
  const [series, list] = [await file('timestamp,value\n1767700800,1\n'), await file('198.51.100.7\n')];
  const command = backtestCommand()
    .exitOverride()
    .configureOutput({ writeErr: () => undefined });

  await expect(outputOf(command, '--source', 'series', '--intel', list, '--from', 'low', series)).rejects.toThrow(
    'a series takes no --intel, no --from',
  );
});
