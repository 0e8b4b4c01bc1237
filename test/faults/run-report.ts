import type { IncidentView, RehearsalReport, WatchResult } from '../../workflows/messages';
import { nameOfFault, parseFault, type Fault } from './fault';
import type { Scenario } from './scenario';
import { scenarioNamed } from './scenarios';
import type { World } from './world/world';

/** One run to be checked: a scenario, and what goes wrong in it. */
export interface FaultCase {
  readonly scenario: Scenario;
  readonly faults: readonly Fault[];
}

/** How a workflow stands when the run is over. */
export interface Standing {
  readonly status: 'completed' | 'failed' | 'cancelled' | 'running';
  readonly outcome?: string;
  /** The code a failed incident ended with. */
  readonly failureCode?: string;
  readonly view?: IncidentView;
  /** What a watch came to, and the incident that it opened again. */
  readonly watch?: WatchResult;
  readonly reopened?: Standing;
  /** What a dry run came to. */
  readonly rehearsal?: RehearsalReport;
  /** What workflow code threw that is no failure, a replay that came to something else, or a rejection nobody handled. */
  readonly broken?: string;
}

/** One run: how its workflow stands, and how things really are. */
export interface RunReport extends Standing {
  readonly world: World;
  /** Every call that was made, in order. */
  readonly calls: readonly string[];
}

/** As it is printed, and given to `--case`. */
export function nameOfCase({ scenario, faults }: FaultCase): string {
  return [scenario.name, ...faults.map(nameOfFault)].join('|');
}

/** @throws when it names no scenario, or a fault that is none */
export function parseCase(text: string): FaultCase {
  const [scenario = '', ...faults] = text.split('|');
  return { scenario: scenarioNamed(scenario), faults: faults.map(parseFault) };
}

/** Whether people were asked to do something: only then does it matter whether anybody answers. */
export function wasAsked({ world }: RunReport): boolean {
  return world.told.some(({ kind }) => kind === 'person-needed');
}
