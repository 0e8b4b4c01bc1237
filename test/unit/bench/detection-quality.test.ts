import { existsSync } from 'node:fs';
import { readFile, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { attackRunOf, withoutAttackTool } from '../../../bench/detection-quality/attack-tool';
import { crsRecall } from '../../../bench/detection-quality/crs-recall';
import { figuresLine } from '../../../bench/detection-quality/figures';
import type { DetectionQuality } from '../../../bench/detection-quality/measure';
import { firstDetection, recalled } from '../../../bench/detection-quality/first-detection';
import { invictusRecall } from '../../../bench/detection-quality/invictus-recall';
import { nab } from '../../../bench/detection-quality/nab';
import { stolenKey } from '../../../bench/detection-quality/stolen-key';
import { stratusRecall } from '../../../bench/detection-quality/stratus-recall';
import { writeDocs } from '../../../bench/detection-quality/write-docs';
import { OWN_RULES } from '../../support/own-rules';
import { temporaryFolder } from '../../support/temporary-folder';

const RECORDED = resolve(__dirname, '../../../../shared/data');
const folder = temporaryFolder();

const DETECTED = { events: 5, first: { event: 2, seconds: 1.5, detector: 'rule-match' } };
const LINE = { at: '', severity: 'high', confidence: 0.9, credential: 'AKIA', reason: '' } as const;
const MISSED = { events: 5, first: null };
const QUALITY: DetectionQuality = {
  stratus: [...['one', 'two', 'three'].map((name) => ({ name, ...DETECTED })), { name: 'aws.made.up', ...MISSED }],
  invictus: {
    runs: [
      { name: 'run 1', acts: false, ...DETECTED },
      { name: 'run 2', acts: true, ...DETECTED },
      { name: 'run 3', acts: true, ...MISSED },
    ],
    unlabelledEvents: 2_000,
    unlabelledAlerts: 1,
  },
  stolenKey: { events: 1, seconds: 0, others: 0 },
  nab: { series: 2, score: 61.2345, floor: 35 },
  panther: null,
  crs: { requests: 200, recognised: 150, recognisedInLogs: 50, recognisedAsDocumented: 20 },
  sigmaRules: 1,
};

it.each([
  ['stratus-red-team_0a1b-2c3d', '0a1b-2c3d', ''],
  ['[stratus-red-team_0a1b-2c3d]', '0a1b-2c3d', '[]'],
  ['aws-cli/2.15.0', undefined, 'aws-cli/2.15.0'],
])('%s is of run %s, and says "%s" without the tool', (userAgent, run, left) => {
  expect([attackRunOf({ userAgent }), withoutAttackTool({ userAgent, a: 1 })]).toEqual([
    run,
    { userAgent: left, a: 1 },
  ]);
});

it('the first of an attack’s own events by which a detection was completed counts, whoever else was told of', () => {
  const uses = ['a', 'b', 'c'].map((id, index) => ({ id: `cloudtrail:${id}`, at: index * 1_500, subject: 'id:x:1' }));
  const line = (eventId: string, detector: string) => ({ ...LINE, eventId, detector });

  expect(firstDetection(uses, [line('x', 'lane-breach'), line('c', 'rate-spike'), line('b', 'rule-match')])).toEqual({
    event: 2,
    seconds: 1.5,
    detector: 'rule-match',
  });
  expect(firstDetection(uses, [line('x', 'lane-breach')])).toBeNull();
});

it('the line of figures has every figure, and null for what is not measured', () => {
  expect(figuresLine(QUALITY)).toEqual({
    bench: 'detection-quality',
    stratusRecall: 0.75,
    invictusRunRecall: 0.667,
    invictusActingRunRecall: 0.5,
    alertsPer1000Unlabelled: 0.5,
    nabScore: 61.235,
    pantherAgree: null,
    crsRecall: 0.75,
    crsRecallUriAndAgent: 0.25,
    crsRecallAsDocumented: 0.1,
    crsRequests: 200,
    sigmaRules: 1,
    stolenKeyEvents: 1,
    stolenKeySeconds: 0,
    nabFloor: 35,
  });
});

it('the tables replace those before, and nothing else of the page', async () => {
  const page = join(folder.path, 'page.md');
  const docs = await readFile(resolve(__dirname, '../../../docs/detection.md'), 'utf8');
  await writeFile(page, docs);

  await writeDocs(page, QUALITY);
  const once = await readFile(page, 'utf8');
  await writeDocs(page, QUALITY);

  expect(await readFile(page, 'utf8')).toBe(once);
  expect(once).toContain('| Stratus techniques recalled | 0.75 | 3 of 4 |');
  expect(once).toContain('| CRS requests recognised by URI, query included, and agent | 0.25 | 50 of 200 |');
  expect(once).toContain('| NAB, as published: HTM | 70.5 | all 58 series: not the same test |');
  expect(once).toContain('| two | 5 | yes | 2 | 1.5 s | rule-match |');
  expect(once).toContain('| aws.made.up | 5 | no |  |  |  |');
  expect(once).toContain('| Invictus run 1, sees whom it is | 5 | yes | 2 | 1.5 s | rule-match |');
  const outside = (text: string) => text.replace(/(<!-- detection-quality.*?-->).*(<!-- \/detection-quality)/s, '$1$2');
  expect(outside(once)).toBe(outside(docs));
});

const recorded = existsSync(RECORDED) ? it : it.skip;

recorded(`on the recorded series: at least 60, far over the floor (skipped without ${RECORDED})`, async () => {
  const { score, floor } = await nab(RECORDED);

  expect(score).toBeGreaterThan(60);
  expect(score).toBeGreaterThan(floor + 20);
});

recorded(`the stolen key at its first or second event (skipped without ${RECORDED})`, async () => {
  const { events, others } = await stolenKey(RECORDED, OWN_RULES);

  expect([events === 1 || events === 2, others]).toEqual([true, 0]);
});

recorded(
  `at least nine of ten techniques, and hardly a word of ordinary life (skipped without ${RECORDED})`,
  async () => {
    const [stratus, invictus] = [await stratusRecall(RECORDED, OWN_RULES), await invictusRecall(RECORDED, OWN_RULES)];

    expect(recalled(stratus).length / stratus.length).toBeGreaterThanOrEqual(0.9);
    expect((1000 * invictus.unlabelledAlerts) / invictus.unlabelledEvents).toBeLessThanOrEqual(1);
    expect(recalled(invictus.runs).length).toBeGreaterThanOrEqual(14);
  },
);

recorded(`seven of ten hostile requests of the core rule set (skipped without ${RECORDED})`, async () => {
  const { requests = 0, recognised = 0, recognisedInLogs = 0 } = (await crsRecall(RECORDED, OWN_RULES)) ?? {};

  expect(recognised / requests).toBeGreaterThan(0.7);
  expect(recognisedInLogs).toBeLessThan(recognised);
});
