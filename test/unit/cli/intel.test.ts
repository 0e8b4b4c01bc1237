import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { backtestCommand } from '../../../cli/commands/backtest';
import { intelCommand } from '../../../cli/commands/intel';
import { SAMPLE_START, sampleUse, steadyLife } from '../../../detectors/sample-life';
import { temporaryFolder } from '../../support/temporary-folder';
import { outputOf } from '../../support/output-of';

const folder = temporaryFolder();
const THIEF = '198.51.100.20';

async function file(name: string, content: string): Promise<string> {
  const path = join(folder.path, name);
  await writeFile(path, content);
  return path;
}

afterEach(() => jest.restoreAllMocks());

const check = (...args: string[]) => outputOf(intelCommand(), 'check', ...args);

describe('tourniquet intel check', () => {
  it('says what is in a file, and what was left out', async () => {
    const path = await file('list.txt', `${THIEF}\n10.0.0.1\nsorry\n`);

    expect(await check(path)).toBe(
      `plain: 1 networks\n  left out, not-public: 1\n  left out, no-address: 1\n  ${THIEF}\n`,
    );
    expect(JSON.parse(await check(path, '--json'))).toEqual({
      ...{ format: 'plain', networks: 1, first: [THIEF] },
      leftOut: { 'not-public': 1, 'no-address': 1 },
    });
  });

  it('refuses what is no list', async () => {
    await expect(check(await file('page.txt', '<html></html>'))).rejects.toMatchObject({
      code: 'INTEL_LIST_UNREADABLE',
    });
  });

  it('fetches nothing in clear text over a network', async () => {
    jest.spyOn(process.stderr, 'write').mockImplementation(() => true);

    await expect(check('http://lists.example.com/a', '--format', 'plain')).rejects.toThrow('only https://');
  });
});

describe('tourniquet backtest with lists', () => {
  const uses = [0, 1].map((afterMs) => JSON.stringify(sampleUse({ afterMs, address: THIEF }))).join('\n');
  const backtest = async (name: string, list: string, ...more: readonly string[]) =>
    outputOf(
      backtestCommand(),
      ...['--source', 'native', '--json', '--from', 'low', await file('uses.jsonl', uses)],
      ...['--intel', await file(name, list), ...more],
    );

  it('believes a list of harmless addresses more', async () => {
    const harmless = await file('ours.txt', `${THIEF}\n`);

    expect(await backtest('bad.txt', `${THIEF}\n`, '--harmless', harmless)).not.toContain('"detector"');
  });

  it('takes familiar places for no news', async () => {
    const life = [
      ...steadyLife({ count: 60, everyMs: 100 }),
      sampleUse({ afterMs: 7_000, address: THIEF, agent: 'curl/8' }),
    ];
    const lived = await file('life.jsonl', life.map((use) => JSON.stringify(use)).join('\n'));
    const told = async (...more: readonly string[]) =>
      outputOf(backtestCommand(), '--source', 'native', '--json', '--from', 'low', lived, ...more);

    expect(await told()).toContain('"detector":"new-origin"');
    expect(await told('--familiar', await file('vpn.txt', `${THIEF}/32\n`))).not.toContain('"detector":"new-origin"');
  });

  it('accuses what a list names', async () => {
    expect(await backtest('Bad list.txt', `${THIEF}\n`)).toMatch(
      /"detector":"threat-intel".*the threat list bad-list-txt names"/,
    );
  });

  it('says what was left out of a list', async () => {
    const warned = jest.spyOn(process.stderr, 'write').mockImplementation(() => true);

    expect(await backtest('bad.txt', `${THIEF}\n10.0.0.1\n`)).toContain('"detector":"threat-intel"');
    expect(warned.mock.calls).toEqual([[expect.stringMatching(/bad\.txt: left out, not-public: 1\n$/)]]);
  });

  it('goes by the time of the recorded use, also where entries have run out since', async () => {
    const until = (at: number) => `ip,expires\n${THIEF},${new Date(at).toISOString()}\n`;

    expect(await backtest('list.csv', until(SAMPLE_START + 60_000))).toContain('"detector":"threat-intel"');
    expect(await backtest('list.csv', until(SAMPLE_START - 60_000))).not.toContain('"detector":"threat-intel"');
  });

  it('knows entries with a time-out for good while they are asked', async () => {
    const list = `create bad hash:ip\nadd bad ${THIEF} timeout 60\n`;

    expect(await backtest('list.ipset', list)).toContain('"detector":"threat-intel"');
  });
});
