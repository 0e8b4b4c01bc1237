import { existsSync } from 'node:fs';
import { readFile, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { attackRunOf, withoutAttackTool } from '../../../bench/detection-quality/attack-tool';
import { crsRecall } from '../../../bench/detection-quality/crs-recall';
import { figuresLine } from '../../../bench/detection-quality/figures';
import type { DetectionQuality } from '../../../bench/detection-quality/measure';
import { invictusRecall } from '../../../bench/detection-quality/invictus-recall';
import { nab } from '../../../bench/detection-quality/nab';
import { stolenKey } from '../../../bench/detection-quality/stolen-key';
import { stratusRecall } from '../../../bench/detection-quality/stratus-recall';
import { writeDocs } from '../../../bench/detection-quality/write-docs';
import { OWN_RULES } from '../../support/own-rules';
import { temporaryFolder } from '../../support/temporary-folder';

const RECORDED = resolve(__dirname, '../../../../shared/data');
const folder = temporaryFolder();

const QUALITY: DetectionQuality = {
  stratus: { techniques: 4, recalled: 3, missed: ['aws.made.up'] },
  invictus: { runs: 3, recalled: 2, actingRuns: 2, actingRecalled: 1, unlabelledEvents: 2_000, unlabelledAlerts: 1 },
  stolenKey: { events: 1, seconds: 0, others: 0 },
  nab: { series: 2, score: 61.2345, floor: 35 },
  panther: null,
  crs: { requests: 200, recognised: 150, recognisedInLogs: 50 },
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
    crsRequests: 200,
    sigmaRules: 1,
    stolenKeyEvents: 1,
    stolenKeySeconds: 0,
    nabFloor: 35,
  });
});

it('the table replaces the one before, and nothing else of the page', async () => {
  const page = join(folder.path, 'page.md');
  const docs = await readFile(resolve(__dirname, '../../../docs/detection.md'), 'utf8');
  await writeFile(page, docs);

  await writeDocs(page, QUALITY);
  const once = await readFile(page, 'utf8');
  await writeDocs(page, QUALITY);

  expect(await readFile(page, 'utf8')).toBe(once);
  expect(once).toContain('| Stratus techniques recalled | 0.75 | 3 of 4 |');
  expect(once).toContain('Stratus techniques missed: aws.made.up.');
  expect(once).toContain('| CRS requests recognised by URI and agent, as access logs have them | 0.25 | 50 of 200 |');
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

    expect(stratus.recalled / stratus.techniques).toBeGreaterThanOrEqual(0.9);
    expect((1000 * invictus.unlabelledAlerts) / invictus.unlabelledEvents).toBeLessThanOrEqual(1);
    expect(invictus.recalled).toBeGreaterThanOrEqual(14);
  },
);

recorded(`seven of ten hostile requests of the core rule set (skipped without ${RECORDED})`, async () => {
  const { requests = 0, recognised = 0, recognisedInLogs = 0 } = (await crsRecall(RECORDED, OWN_RULES)) ?? {};

  expect(recognised / requests).toBeGreaterThan(0.7);
  expect(recognisedInLogs).toBeLessThan(recognised);
});
