import type { RunReport } from './run-report';

/** What both servers must come to: how it ended, and how things are then. How often something was tried is each one's own. */
function essenceOf({ status, outcome, failureCode, view, world }: RunReport): Readonly<Record<string, string>> {
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
    told: [...new Set(told.map(({ kind }) => kind))].sort().join(', '),
  };
}

/** In what the simulated Temporal and the real one differ; nothing is as it should be. */
export function disagreements(server: RunReport, simulator: RunReport): readonly string[] {
  const [real, simulated] = [essenceOf(server), essenceOf(simulator)];
  return Object.keys(real)
    .filter((key) => real[key] !== simulated[key])
    .map((key) => `server and simulator differ in ${key}: "${real[key]}" and "${simulated[key]}"`);
}
