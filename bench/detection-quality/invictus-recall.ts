import { join } from 'node:path';
import type { DetectionLine } from '../../backtest/detection-line';
import { runBacktest } from '../../backtest/run-backtest';
import type { RuleSet } from '../../detectors/sigma/rule-set';
import { mapCloudTrail } from '../../detectors/sources/cloudtrail';
import { readRecords } from '../../recordings/read-records';
import { attackRunOf, withoutAttackTool } from './attack-tool';
import { firstDetection, type AttackOutcome, type RecordedUse } from './first-detection';

export interface InvictusRun extends AttackOutcome {
  /** False for a run that is nothing but the tool's first call, by which it sees whom it is. */
  readonly acts: boolean;
}

export interface InvictusFigures {
  /** In the order in which they began, and numbered so. */
  readonly runs: readonly InvictusRun[];
  readonly unlabelledEvents: number;
  /** Detections completed by an event that is of no attack run: not certified to be false. */
  readonly unlabelledAlerts: number;
}

type Use = RecordedUse & { readonly action: string };

const SET_UP = 'ec2:DescribeAccountAttributes';

/** One account's life with attack runs in it, judged as a whole: a run is recalled when a detection is completed by one of its events. */
export async function invictusRecall(dataFolder: string, rules: RuleSet): Promise<InvictusFigures> {
  const file = join(dataFolder, 'cloudtrail/invictus.jsonl');
  const { runs, unlabelledEvents } = await readRuns(file);
  const told: DetectionLine[] = [];
  await runBacktest({ source: 'cloudtrail', files: [file], rules, prepare: withoutAttackTool }, (line) =>
    told.push(line),
  );
  const ofRuns = new Set(runs.flatMap((uses) => uses.map(({ id }) => id)));
  return {
    runs: runs.map((uses, index) => ({
      name: `run ${index + 1}`,
      events: uses.length,
      first: firstDetection(uses, told),
      acts: uses.length > 1 || uses[0]?.action !== SET_UP,
    })),
    unlabelledEvents,
    unlabelledAlerts: told.filter(({ eventId }) => !ofRuns.has(`cloudtrail:${eventId}`)).length,
  };
}

async function readRuns(file: string): Promise<{ runs: readonly (readonly Use[])[]; unlabelledEvents: number }> {
  const runs = new Map<string, Use[]>();
  let unlabelledEvents = 0;
  for await (const records of readRecords(file)) {
    for (const record of records) {
      const mapped = mapCloudTrail(record);
      if (mapped.kind !== 'event') continue;
      const { id, at, subject, action } = mapped.event;
      const run = attackRunOf(record);
      if (run === undefined) unlabelledEvents += 1;
      else runs.set(run, [...(runs.get(run) ?? []), { id, at, subject, action: action.name }]);
    }
  }
  const inTime = [...runs.values()].map((uses) => uses.sort((a, b) => a.at - b.at));
  return { runs: inTime.sort((a, b) => (a[0]?.at ?? 0) - (b[0]?.at ?? 0)), unlabelledEvents };
}
