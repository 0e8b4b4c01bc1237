import { join } from 'node:path';
import { runBacktest } from '../../backtest/run-backtest';
import type { RuleSet } from '../../detectors/sigma/rule-set';
import { mapCloudTrail } from '../../detectors/sources/cloudtrail';
import { readRecords } from '../../recordings/read-records';
import { attackRunOf, withoutAttackTool } from './attack-tool';

export interface InvictusFigures {
  readonly runs: number;
  readonly recalled: number;
  /** Without the runs that are nothing but the tool's first call, by which it sees whom it is. */
  readonly actingRuns: number;
  readonly actingRecalled: number;
  readonly unlabelledEvents: number;
  /** Detections completed by an event that is of no attack run: not certified to be false. */
  readonly unlabelledAlerts: number;
}

const SET_UP = 'ec2:DescribeAccountAttributes';

/** One account's life with attack runs in it, judged as a whole: a run is recalled when a detection is completed by one of its events. */
export async function invictusRecall(dataFolder: string, rules: RuleSet): Promise<InvictusFigures> {
  const file = join(dataFolder, 'cloudtrail/invictus.jsonl');
  const runOf = new Map<string, string>();
  const actions = new Map<string, string[]>();
  let unlabelledEvents = 0;
  for await (const records of readRecords(file)) {
    for (const record of records) {
      const mapped = mapCloudTrail(record);
      if (mapped.kind !== 'event') continue;
      const run = attackRunOf(record);
      if (run === undefined) unlabelledEvents += 1;
      else {
        runOf.set(mapped.event.id, run);
        actions.set(run, [...(actions.get(run) ?? []), mapped.event.action.name]);
      }
    }
  }
  const recalled = new Set<string>();
  let unlabelledAlerts = 0;
  await runBacktest({ source: 'cloudtrail', files: [file], rules, prepare: withoutAttackTool }, ({ eventId }) => {
    const run = runOf.get(`cloudtrail:${eventId}`);
    if (run === undefined) unlabelledAlerts += 1;
    else recalled.add(run);
  });
  const acting = [...actions].filter(([, names]) => names.length > 1 || names[0] !== SET_UP).map(([run]) => run);
  return {
    runs: actions.size,
    recalled: recalled.size,
    actingRuns: acting.length,
    actingRecalled: acting.filter((run) => recalled.has(run)).length,
    unlabelledEvents,
    unlabelledAlerts,
  };
}
