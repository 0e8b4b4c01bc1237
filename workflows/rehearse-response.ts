import { isCancellation, setCurrentDetails } from '@temporalio/workflow';
import { openIncident, recall } from '../domain/incident';
import { audiencesFor, escalationFor } from '../domain/policy';
import { lookups, rehearsals, untilDone } from './lib/activity-proxies';
import { stepFailure } from './lib/failure-code';
import { incidentStep } from './lib/incident-step';
import { planNow } from './lib/leak';
import { renderRehearsal } from './lib/render-rehearsal';
import type { IncidentInput, RehearsedStep, RehearsalReport } from './messages';

/**
 * The same answer as `respondToLeak` would give, without its effects: the same look-ups, the same plan, and for each step what it would need.
 * Nothing is refused, minted, moved, revoked or told.
 */
export async function rehearseResponse(input: IncidentInput): Promise<RehearsalReport> {
  const found = await lookups().loadCredential.executeWithOptions({ summary: 'Read the inventory' }, [
    { ...input, rehearsed: true },
  ]);
  const { credential } = found;
  const opened = openIncident(input.assessment, Date.now());
  const { knownAgainst: known } = found.version;
  const { evidence } = known ? recall(opened, { at: Date.now(), known, isDetected: false }) : opened;
  const plan = planNow(input, evidence, found);
  const steps: RehearsedStep[] = [];
  const report = (): RehearsalReport => ({ credentialId: credential.id, version: input.version, plan, steps });
  const ladder = escalationFor(input.policy, credential).steps.flatMap(({ tell }) => tell);
  const audiences = [
    ...new Set([...audiencesFor(input.policy, 'contained'), ...audiencesFor(input.policy, 'resolved'), ...ladder]),
  ];

  const stages = [
    { stage: 'contain' as const },
    ...(plan.leftToPerson
      ? []
      : [
          { stage: 'replace' as const },
          ...credential.dependents.map(({ id }) => ({ stage: 'move' as const, dependentId: id })),
          { stage: 'revoke' as const },
          { stage: 'verify' as const },
        ]),
    ...audiences.map((audience) => ({ stage: 'notify' as const, audience })),
  ];
  for (const asked of stages) {
    const subject = 'dependentId' in asked ? asked.dependentId : 'audience' in asked ? asked.audience : '';
    const what = subject ? `${asked.stage} ${subject}` : asked.stage;
    const step = { ...incidentStep(input, `rehearse.${what}`), ...asked };
    try {
      const { detail } = await rehearsals.rehearseStep.executeWithOptions({ summary: `DRY RUN: could it ${what}?` }, [
        step,
      ]);
      steps.push({ step: what, ready: true, detail });
    } catch (error) {
      if (isCancellation(error)) throw error;
      steps.push({ step: what, ready: false, detail: stepFailure(error).message });
    }
    setCurrentDetails(renderRehearsal(report()));
  }
  const faults = steps.filter(({ ready }) => !ready).map(({ step }) => step);
  await untilDone.recordRehearsal.executeWithOptions({ summary: 'Record the dry run' }, [
    { ...incidentStep(input, 'rehearsal'), startedBy: input.startedBy, faults },
  ]);
  return report();
}
