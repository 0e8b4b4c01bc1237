import { setTimeout as sleep } from 'node:timers/promises';
import { PROCESSES } from '../../stack/local-deployment';
import type { Scene } from '../demo/scene';
import type { LoadCounters } from '../estate/load';

/** One measurement of the steady-state hypothesis. */
export interface Probe {
  readonly name: string;
  readonly met: boolean;
  readonly observed: string;
}

/** Long enough for every service to ask thirty times; each asks at least twenty times a second. */
const LOOK_MS = 1_500;

/** The hypothesis: services are answered, no incident is open, every process runs, and the audit log is whole. */
export async function measureSteadyState(scene: Scene): Promise<readonly Probe[]> {
  return [
    await servicesAreAnswered(scene),
    await noIncidentIsOpen(scene),
    processesRun(scene),
    { name: 'the audit log verifies', met: await scene.verifyAudit(), observed: 'chain and checkpoints' },
  ];
}

async function servicesAreAnswered({ estate }: Scene): Promise<Probe> {
  const count = () => Promise.all(estate.services.map(async (one) => (await one.counters()) as LoadCounters));
  const before = await count();
  await sleep(LOOK_MS);
  const after = await count();
  const grown = (field: 'requests' | 'failed' | 'ambiguous'): number[] =>
    after.map((one, index) => one[field] - (before[index]?.[field] ?? 0));
  const sum = (numbers: number[]): number => numbers.reduce((total, one) => total + one, 0);
  const [failed, ambiguous] = [sum(grown('failed')), sum(grown('ambiguous'))];
  return {
    name: 'every service asks and is answered',
    met: grown('requests').every((asked) => asked > 0) && failed === 0 && ambiguous === 0,
    observed: `${sum(grown('requests'))} requests in ${LOOK_MS} ms, ${failed} failed, ${ambiguous} ambiguous`,
  };
}

async function noIncidentIsOpen({ client }: Scene): Promise<Probe> {
  const { count } = await client.workflow.count(`WorkflowType = 'respondToLeak' AND ExecutionStatus = 'Running'`);
  return { name: 'no incident is open', met: count === 0, observed: `${count} open` };
}

function processesRun({ deployment }: Scene): Probe {
  const dead = PROCESSES.filter((role) => !isAlive(deployment.processes[role].pid));
  return { name: 'every process runs', met: dead.length === 0, observed: dead.join(', ') || 'all' };
}

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}
