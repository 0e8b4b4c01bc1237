import { foldPartition, type FoldOptions, type FoldResult } from '../../detectors/partition-fold';
import { emptyPartition } from '../../detectors/partition-state';
import { partitionJson, restorePartition } from '../../detectors/stored-state';
import { DEFAULT_POLICY } from '../../domain/policy';
import { atLeast, type Severity } from '../../domain/severity';
import type { UsageEvent } from '../../domain/usage-event';
import type { KindOfLife } from './life';
import { CUSTOMERS } from './lives/customers';
import { PEOPLE } from './lives/people';
import { WORKLOADS } from './lives/workloads';
import { THEFTS } from './thefts';
import { DAY_MS, FIRST_DAY, HOUR_MS, World } from './world';

export const KINDS_OF_LIFE: readonly KindOfLife[] = [...WORKLOADS, ...PEOPLE, ...CUSTOMERS];

/** Six weeks; the key is stolen on the Thursday of the last one, towards noon. */
const DAYS = 42;
const STOLEN_AT = 38 * DAY_MS + 10.4 * HOUR_MS;

export interface TheftFigures {
  readonly title: string;
  /** Of how many lives somebody was told: an incident. */
  readonly told: number;
  /** Of how many it was grave enough to act alone. */
  readonly high: number;
  /** The thief's uses until the incident, one a life that has one, in order. */
  readonly untilTold: readonly number[];
}

export interface LifeFigures {
  readonly title: string;
  readonly lives: number;
  readonly credentialDays: number;
  readonly uses: number;
  /** Days of lives on which something was told that starts an incident: false alarms. */
  readonly daysTold: number;
  /** Of these, days on which it was grave enough to act alone. */
  readonly daysHigh: number;
  /** Which detectors completed them, with how often. */
  readonly detectors: Readonly<Record<string, number>>;
  readonly thefts: readonly TheftFigures[];
}

/** Folds made-up lives of one kind with every detector on, six weeks each, and then each once more for each kind of theft. */
export function measureLives({ title, live }: KindOfLife, lives: number, seed: number): LifeFigures {
  const [told, high] = [new Set<string>(), new Set<string>()];
  const detectors: Record<string, number> = {};
  const thefts = THEFTS.map((theft) => ({ title: theft.title, told: 0, high: 0, untilTold: [] as number[] }));
  let uses = 0;
  for (let life = 0; life < lives; life += 1) {
    const world = new World(seed * 1_000 + life);
    const lived = live(world, DAYS);
    const events = inOrder(lived.uses);
    uses += events.length;
    const state = emptyPartition();
    const stolen = FIRST_DAY + STOLEN_AT;
    const [before, after] = [events.filter(({ at }) => at < stolen), events.filter(({ at }) => at >= stolen)];
    const options = { locate: world.locate };
    const messages = [...foldPartition(state, before, options).messages];
    const stateThen = partitionJson(state);
    for (const { detection, assessment } of [...messages, ...foldPartition(state, after, options).messages]) {
      if (!atLeast(assessment.severity, DEFAULT_POLICY.incidentFrom)) continue;
      const day = `${life} ${Math.floor((detection.at - FIRST_DAY) / DAY_MS)}`;
      if (!told.has(day)) detectors[detection.detector] = (detectors[detection.detector] ?? 0) + 1;
      told.add(day);
      if (isHigh(assessment.severity)) high.add(day);
    }
    THEFTS.forEach(({ steal }, index) => {
      const figures = thefts[index];
      const outcome = judgeTheft(stateThen, steal(world, lived, STOLEN_AT), after, options);
      if (!figures || outcome.untilTold === undefined) return;
      figures.told += 1;
      figures.untilTold.push(outcome.untilTold);
      if (outcome.isHigh) figures.high += 1;
    });
  }
  for (const { untilTold } of thefts) untilTold.sort((a, b) => a - b);
  return {
    title,
    lives,
    credentialDays: lives * DAYS,
    uses,
    daysTold: told.size,
    daysHigh: high.size,
    detectors,
    thefts,
  };
}

/** What comes of the thief's uses among the owner's own. */
function judgeTheft(
  stateThen: string,
  theft: readonly UsageEvent[],
  after: readonly UsageEvent[],
  options: FoldOptions,
): { readonly untilTold?: number; readonly isHigh: boolean } {
  const state = restorePartition(JSON.parse(stateThen));
  if (!state) throw new Error('the state could not be restored');
  const last = theft.at(-1)?.at ?? 0;
  const { messages } = foldPartition(state, inOrder([...theft, ...after.filter(({ at }) => at <= last)]), options);
  const nth = new Map(theft.map(({ id }, index) => [id, index + 1]));
  const ofThief = messages.filter(({ detection }) => nth.has(lastEvent(detection)));
  const first = ofThief.find(({ assessment }) => atLeast(assessment.severity, DEFAULT_POLICY.incidentFrom));
  const untilTold = first && nth.get(lastEvent(first.detection));
  return {
    ...(untilTold === undefined ? {} : { untilTold }),
    isHigh: ofThief.some(({ assessment }) => isHigh(assessment.severity)),
  };
}

function lastEvent({ eventIds }: FoldResult['messages'][number]['detection']): string {
  return eventIds.at(-1) ?? '';
}

function isHigh(severity: Severity): boolean {
  return atLeast(severity, 'high');
}

function inOrder(events: readonly UsageEvent[]): readonly UsageEvent[] {
  return [...events].sort((a, b) => a.at - b.at);
}
