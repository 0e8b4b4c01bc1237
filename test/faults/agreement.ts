import type { RunReport } from './run-report';
import type { DeliveredNotice } from './world/world';

/** How a run ended and how things are then. How often something was tried is each server's own. */
export type Essence = Readonly<Record<string, string>>;

/** What both servers must come to. */
export function essenceOf({ status, outcome, failureCode, view, world }: RunReport): Essence {
  const { audit, versions, refusals, uses, told } = world;
  return {
    status,
    outcome: outcome ?? '',
    failure: failureCode ?? '',
    waits: String(view?.incident.waiting !== undefined),
    milestones: Object.keys(view?.incident.milestones ?? {}).join(' '),
    versions: [...versions].map(([number, { atProvider, state }]) => `${number}: ${atProvider}, ${state}`).join('; '),
    refusals: [...refusals].map(([number, refusal]) => `${number}: ${refusal}`).join('; '),
    uses: [...uses].map(([dependent, version]) => `${dependent}: ${version}`).join('; '),
    audit: [...new Set(audit.map(({ action, phase }) => `${action} ${phase}`))].sort().join(', '),
    told: [...new Set(told.filter(isNoWarning).map(({ kind }) => kind))].sort().join(', '),
  };
}

/** On the server time is real, and half of a second and a half may be over before a lost worker's dependents have moved. */
function isNoWarning({ kind, summary }: DeliveredNotice): boolean {
  return !(kind === 'person-needed' && / % of the time for the dependents of /.test(summary));
}

/** In what the real server and the simulated one differ; nothing is as it should be. */
export function disagreements(server: Essence, simulator: Essence): readonly string[] {
  return Object.keys(server)
    .filter((key) => server[key] !== simulator[key])
    .map((key) => `server and simulator differ in ${key}: "${server[key]}" and "${simulator[key]}"`);
}
