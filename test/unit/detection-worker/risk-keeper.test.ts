import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { riskOf } from '../../../domain/policy';
import { DEFAULT_RISK, isSameRisk, type RiskThresholds } from '../../../domain/risk';
import type { RiskEvent } from '../../../domain/risk-event';
import type { UsageEvent } from '../../../domain/usage-event';
import { NOWHERE } from '../../../detectors/located-event';
import { foldPartition } from '../../../detectors/partition-fold';
import { emptyPartition } from '../../../detectors/partition-state';
import { SAMPLE_PLACES, SAMPLE_START, sampleUse, steadyLife } from '../../../detectors/sample-life';
import { parseBatch } from '../../../workers/detection/parse-batch';
import { RiskKeeper } from '../../../workers/detection/risk-keeper';
import { readPolicy } from '../../../workers/policy-file';
import { temporaryFolder } from '../../support/temporary-folder';

const folder = temporaryFolder();
const options = { locate: ({ client }: UsageEvent) => SAMPLE_PLACES[client.address] ?? NOWHERE };
const SURER = { ...DEFAULT_RISK, confident: 0.95, harmful: 0.99 };

function keeper(risk: RiskThresholds) {
  const told: RiskEvent[] = [];
  return { told, keeper: new RiskKeeper({ partition: 0, risk, tell: (event) => told.push(event) }) };
}

test('a policy file’s thresholds take effect in the fold, after what its worker puts into the stream', () => {
  const file = path.join(folder.path, 'policy.yaml');
  writeFileSync(file, 'version: 1\nrisk: { confident: 0.95, harmful: 0.99 }\n');
  const { told, keeper: ours } = keeper(riskOf(readPolicy(file).policy));
  const life = steadyLife({ count: 60, everyMs: 100 });
  // Two families say it, 0.9 sure together.
  const stranger = sampleUse({ afterMs: 7_000, address: '198.51.100.20' });

  const { state } = foldPartition(emptyPartition(), life, options);
  ours.look(SAMPLE_START + 6_000, state.risk);
  const { events, faults } = parseBatch(JSON.stringify({ events: told }), 0, 1);
  const weighed = foldPartition(state, events, options);
  ours.look(SAMPLE_START + 90_000, weighed.state.risk);

  expect(faults).toEqual([]);
  expect(told).toHaveLength(1);
  expect(foldPartition(weighed.state, [stranger], options).messages.at(-1)?.assessment.severity).toBe('medium');
});

test('nothing is told where the partition weighs as the policy says', () => {
  const { told, keeper: ours } = keeper(SURER);

  ours.look(0, { at: 0, thresholds: { ...SURER } });

  expect(told).toEqual([]);
  expect(isSameRisk(SURER, DEFAULT_RISK)).toBe(false);
});

test('it is told again only when it has had no effect for a while', () => {
  const { told, keeper: ours } = keeper(SURER);

  for (const now of [1_000, 2_000, 30_999, 31_000, 40_000]) ours.look(now, undefined);

  expect(told.map(({ at }) => at)).toEqual([1_000, 31_000]);
});

test("another's word is replaced at once, though it is dated ahead as far as clocks may differ", () => {
  const { told, keeper: ours } = keeper(SURER);
  const now = SAMPLE_START + 7_000;
  const ahead: RiskEvent = { kind: 'risk', id: 'ahead', at: now + 59_000, thresholds: DEFAULT_RISK };

  const { state } = foldPartition(emptyPartition(), [ahead], { ...options, storedAt: now });
  ours.look(now, state.risk);
  const result = foldPartition(state, told, { ...options, storedAt: now });

  expect(result.state.risk?.thresholds).toEqual(SURER);
});

test('thresholds by which graver is easier to reach come from none of our workers, and are no event', () => {
  const event = { kind: 'risk', id: 'risk-1', at: 1, thresholds: { ...DEFAULT_RISK, confident: 0.6 } };

  expect(parseBatch(JSON.stringify({ events: [event] }), 0, 1).faults).toHaveLength(1);
});
