import type { FaultCase, RunReport } from '../run-report';

/** A dry run has no effect at all, names every step of the plan, calls none ready that it could not try, and is on record. */
export function rehearsalFaults({ world, status, rehearsal, failureCode }: RunReport, { scenario, faults }: FaultCase) {
  const { effects, told, audit, versions } = world;
  const written = audit.filter(({ action }) => action !== 'dry-run');
  const { dependents } = scenario.credential;
  const stages = scenario.hasProvider
    ? ['contain', 'replace', ...dependents.map(({ id }) => `move ${id}`), 'revoke', 'verify']
    : ['contain'];
  const steps = new Map(rehearsal?.steps.map(({ step, ready }) => [step, ready]));
  const untried = faults
    .filter(({ kind, lasts }) => lasts || kind === 'refused')
    .flatMap(({ call }) => /^rehearseStep:rehearse\.(?<step>.+)#1$/.exec(call)?.groups?.['step'] ?? []);
  return [
    ...effects.map(({ what, stepKey }) => `a dry run had an effect: ${what} by ${stepKey}`),
    ...told.map(({ audience }) => `a dry run told ${audience}`),
    ...written.map(({ action }) => `a dry run has ${action} on record`),
    ...(versions.size > 1 ? ['a dry run reserved a version'] : []),
    ...(status === 'completed' || (status === 'failed' && failureCode && audit.length === 0)
      ? []
      : [`a dry run is ${status}, and has no report`]),
    ...(status === 'completed' && audit.length === 0 ? ['a dry run is not on record'] : []),
    ...(rehearsal ? stages.filter((stage) => !steps.has(stage)).map((stage) => `a dry run left out: ${stage}`) : []),
    ...untried.filter((step) => steps.get(step)).map((step) => `a dry run calls ready what it could not try: ${step}`),
  ];
}
