import { round } from '../statistics';
import type { AttackOutcome } from './first-detection';
import type { DetectionQuality } from './measure';

type Row = readonly [attack: string, events: string, detected: string, at: string, after: string, detector: string];

export const OUTCOME_HEAD = ['attack', 'events', 'detected', 'first at event', 'after', 'detector'] as const;

/** What became of each attack, for a terminal and for the documentation. */
export function outcomeRows({ stratus, invictus }: DetectionQuality): readonly Row[] {
  return [
    ...stratus.map((outcome) => row(outcome.name, outcome)),
    ...invictus.runs.map((run) => row(`Invictus ${run.name}${run.acts ? '' : ', sees whom it is'}`, run)),
  ];
}

function row(name: string, { events, first }: AttackOutcome): Row {
  return first === null
    ? [name, String(events), 'no', '', '', '']
    : [name, String(events), 'yes', String(first.event), `${round(first.seconds)} s`, first.detector];
}
