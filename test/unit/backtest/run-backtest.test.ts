import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { DEFAULT_RISK } from '../../../domain/risk';
import { RuleSet } from '../../../detectors/sigma/rule-set';
import type { DetectionLine } from '../../../backtest/detection-line';
import { runBacktest, type BacktestRequest } from '../../../backtest/run-backtest';
import { OWN_RULES } from '../../support/own-rules';
import { madeUpTheft } from '../../support/recorded-theft';
import { temporaryFolder } from '../../support/temporary-folder';

const folder = temporaryFolder();
const lines = (records: readonly unknown[]): string => records.map((one) => JSON.stringify(one)).join('\n');

async function file(content: string | Buffer): Promise<string> {
  const path = join(folder.path, `recording-${Math.random()}`);
  await writeFile(path, content);
  return path;
}

async function run(request: Partial<BacktestRequest> & Pick<BacktestRequest, 'files'>) {
  const told: DetectionLine[] = [];
  const result = await runBacktest({ source: 'cloudtrail', rules: OWN_RULES, ...request }, (line) => told.push(line));
  return { told, ...result };
}

const THEFT: DetectionLine = {
  at: '2026-01-06T13:01:00.000Z',
  detector: 'workload-misuse',
  severity: 'medium',
  confidence: expect.any(Number) as number,
  credential: 'ASIASTOLEN0000000001',
  eventId: 'made-up-ASIASTOLEN0000000001-61',
  reason: expect.stringContaining('driven by a Mac') as string,
};

it('tells the theft and nothing else, and sums up', async () => {
  const { told, summary } = await run({ files: [await file(lines(madeUpTheft()))] });

  expect(told).toEqual([THEFT]);
  expect(Object.keys(told[0] ?? {})).toEqual(Object.keys(THEFT));
  expect(summary).toEqual({
    events: 61,
    records: 61,
    ignored: 0,
    malformed: 0,
    stale: 0,
    credentials: 2,
    detections: 1,
    incidents: 1,
    alertsPer1000: 16.393,
    seconds: 3660,
  });
});

it('says the same of the same events however they are packed, cut and ordered', async () => {
  const theft = madeUpTheft();
  const [odd, even] = [0, 1].map((rest) => theft.filter((_, index) => index % 2 === rest));
  const forms = [
    [await file(lines(theft))],
    [await file(gzipSync(JSON.stringify({ Records: theft })))],
    [await file(JSON.stringify([...theft].reverse(), undefined, 2))],
    [await file(lines(even ?? [])), await file(lines(odd ?? []))],
  ];

  const results: string[] = [];
  for (const files of forms) results.push(JSON.stringify(await run({ files })));

  expect(new Set(results).size).toBe(1);
});

it('counts what is an hour older than what was learnt: only facts are asked about it', async () => {
  const theft = madeUpTheft();
  const at = Date.parse(String(theft.at(-1)?.['eventTime'])) + 3_601_000;
  const later = { ...theft.at(-1), eventID: 'later', eventTime: new Date(at).toISOString() };

  const { told, summary, staleAfter } = await run({
    learn: [await file(lines([later]))],
    files: [await file(lines(theft))],
  });

  expect(told).toEqual([]);
  expect(summary.stale).toBe(1);
  expect(staleAfter).toEqual({ eventId: 'later', at });
});

it('refuses what lies further ahead of the clock than an intake takes, and learns nothing from it', async () => {
  const theft = madeUpTheft();
  const now = Date.parse(String(theft.at(-1)?.['eventTime']));
  const ahead = (ms: number) => ({
    ...theft.at(-1),
    eventID: `ahead-${ms}`,
    eventTime: new Date(now + ms).toISOString(),
  });
  const learn = [await file(lines([...theft.slice(0, 1), ahead(5 * 365 * 86_400_000)]))];
  const files = [await file(lines([...theft, ahead(300_000), ahead(301_000)]))];

  const { told, summary, faults, staleAfter } = await run({ learn, files, now });

  expect(told[0]).toEqual(THEFT);
  expect([summary.events, summary.malformed, summary.stale, staleAfter]).toEqual([62, 1, 0, undefined]);
  expect(faults).toEqual([
    expect.stringMatching(/: record 2: at: lies in the future \(2031-/),
    expect.stringMatching(/: record 63: at: lies in the future \(2026-01-06T13:06:01\.000Z\)$/),
  ]);
});

it('learns without a word', async () => {
  const learn = [await file(lines(madeUpTheft()))];
  const judged = [
    await file(
      lines(
        madeUpTheft()
          .slice(0, 1)
          .map((one) => ({ ...one, eventID: 'another' })),
      ),
    ),
  ];

  const { told, summary } = await run({ learn, files: judged });

  expect([told, summary.events, summary.credentials]).toEqual([[], 1, 1]);
});

it('weighs by the thresholds it is given', async () => {
  const files = [await file(lines(madeUpTheft()))];
  const risk = { ...DEFAULT_RISK, strong: 0.9, confident: 0.9 };

  expect((await run({ files, risk })).told).toEqual([]);
  expect((await run({ files, risk, from: 'low' })).told).toEqual([{ ...THEFT, severity: 'low' }]);
});

it.each([
  ['low', 1],
  ['high', 0],
] as const)('tells from %s on: %i', async (from, count) => {
  expect((await run({ from, files: [await file(lines(madeUpTheft()))] })).told).toHaveLength(count);
});

it('names a fingerprint by the whole subject, and a native event by its own id', async () => {
  const subject = `fp:k1:${'0'.repeat(64)}`;
  const at = Date.UTC(2026, 0, 6);
  const events = [
    { kind: 'control', id: 'c', at, subject, listed: 'honeytoken' },
    {
      kind: 'usage',
      id: 'gateway:1',
      at: at + 1,
      subject,
      source: 'gateway',
      principalKind: 'unknown',
      client: { address: '192.0.2.1', agent: 'curl' },
      action: { kind: 'read', name: 'GET /' },
      outcome: 'accepted',
    },
  ];

  const { told } = await run({ source: 'native', files: [await file(lines(events))] });

  expect(told).toMatchObject([{ credential: subject, eventId: 'gateway:1', severity: 'critical' }]);
});

it('refuses a file of which nothing is of this source', async () => {
  const request = run({ source: 'ocsf', files: [await file(lines(madeUpTheft()))] });

  await expect(request).rejects.toMatchObject({ code: 'RECORDING_OF_ANOTHER_SOURCE', fields: { records: 61 } });
});

it('tells what a rule says of a record', async () => {
  const [use] = madeUpTheft();
  const stopped = { ...use, eventID: 'stop', eventName: 'StopLogging', eventSource: 'cloudtrail.amazonaws.com' };
  const files = [await file(lines([stopped]))];

  const [withOurs, withNone] = [await run({ files }), await run({ files, rules: RuleSet.EMPTY })];

  expect(withOurs.told).toMatchObject([{ detector: 'rule-match', eventId: 'stop' }]);
  expect(withOurs.told[0]?.reason).toContain('Audit logging is stopped');
  expect(withNone.told).toEqual([]);
});
