import {
  allHandlersFinished,
  ApplicationFailure,
  condition,
  executeChild,
  isCancellation,
  ParentClosePolicy,
  setHandler,
  workflowInfo,
} from '@temporalio/workflow';
import type { Credential } from '../domain/credential';
import { planResponse, type ResponsePlan } from '../domain/response-plan';
import { atOnce, lookups, untilDone, withinMinutes } from './lib/activity-proxies';
import { stepFailure } from './lib/failure-code';
import { IncidentBoard } from './lib/incident-board';
import { incidentStep } from './lib/incident-step';
import { PersonDesk } from './lib/person-desk';
import { tellEveryone } from './lib/tell-everyone';
import {
  detectionSignal,
  progressSignal,
  stateQuery,
  type IncidentInput,
  type IncidentResult,
  type RotationResult,
} from './messages';
import { rotateCredential } from './rotate-credential';

/**
 * The answer to one leaked secret version, in order: refuse it, tell people, replace it, revoke it, prove it dead, tell people,
 * close. A step that can't be done asks a person and waits; nothing that fails ever lifts the refusal.
 */
export async function respondToLeak(input: IncidentInput): Promise<IncidentResult> {
  const board = new IncidentBoard(input);
  listen(board);
  const desk = new PersonDesk(
    board,
    (question, round) => page(input, board, question, round),
    input.policy.escalateEverySeconds,
  );
  const leak = { input, board, desk };

  const credential = await lookUp(input);
  const plan = planResponse(credential, board.incident.evidence, input.policy);
  board.describe(credential, plan);

  await askBeforeProtected(leak, credential);
  await contain(leak, plan);
  const firstNotice = tellEveryone(
    input,
    board,
    'contained',
    `It is refused (${plan.quarantine.mode}, by the ${plan.quarantine.enforcedBy}). ${plan.expectedGap}`,
  );
  const rotation = await rotate(leak, credential, plan);
  await revoke(leak, plan, rotation);
  const proof = await verify(leak, rotation);
  await firstNotice;
  await tellOutcome(leak, rotation, proof);
  return close(leak, proof);
}

interface Leak {
  readonly input: IncidentInput;
  readonly board: IncidentBoard;
  readonly desk: PersonDesk;
}

function listen(board: IncidentBoard): void {
  setHandler(stateQuery, () => board.view(), { description: 'Where the incident is, its plan and its timeline' });
  setHandler(progressSignal, (event) => void board.apply(event), { description: 'Progress of the rotation' });
  setHandler(
    detectionSignal,
    ({ latest, assessment, count }) =>
      void board.apply({ type: 'detection-joined', at: latest.at, detection: latest, assessment, count }),
    { description: 'More evidence against the same version' },
  );
}

/** A credential nobody registered is the one thing an incident can't be about. */
async function lookUp(input: IncidentInput): Promise<Credential> {
  try {
    return (await lookups.loadCredential(input)).credential;
  } catch (error) {
    if (isCancellation(error)) throw error;
    const { code, message } = stepFailure(error);
    throw ApplicationFailure.nonRetryable(message, code);
  }
}

/** Our own and break-glass credentials are what people need to mend things with: never contained without one of them. */
async function askBeforeProtected({ input, desk }: Leak, credential: Credential): Promise<void> {
  if (credential.protection === 'normal') return;
  await desk.ask(
    `${input.credentialId} is a ${credential.protection} credential and is NOT contained. Send retryStep to contain and replace it.`,
  );
}

async function contain({ input, board, desk }: Leak, plan: ResponsePlan): Promise<void> {
  const containment = { ...incidentStep(input, 'contain'), plan, reason: board.incident.evidence.reason };
  const contained = await insist(desk, 'refuse the leaked version', () =>
    atOnce.containVersion.executeWithOptions({ summary: `Refuse version ${input.version}: ${plan.quarantine.mode}` }, [
      containment,
    ]),
  );
  const recorded = untilDone.recordContainment.executeWithOptions({ summary: 'Record the refusal and its reason' }, [
    { ...containment, contained },
  ]);
  if (plan.quarantine.enforcedBy === 'provider') {
    board.apply({ type: 'contained', at: contained.at, note: `refused at the provider: ${contained.evidence}` });
  } else {
    const confirm = { ...incidentStep(input, 'confirm'), revision: contained.revision };
    const inForce = await insist(desk, 'ask the gateways', () =>
      withinMinutes.confirmInForce.executeWithOptions({ summary: 'Wait until every gateway applies the refusal' }, [
        confirm,
      ]),
    );
    // A gateway that is behind is named and not waited for: replacing the credential helps more, and the proof asks it again.
    const behind = inForce.behind.length > 0 ? `; NOT yet at ${inForce.behind.join(', ')}` : '';
    const where = inForce.gateways.join(', ') || 'no gateway: none is registered';
    board.apply({ type: 'contained', at: inForce.at, note: `refused at ${where}${behind}: ${contained.evidence}` });
  }
  await recorded;
}

async function rotate(
  { input, board, desk }: Leak,
  credential: Credential,
  plan: ResponsePlan,
): Promise<RotationResult> {
  let generation = 0;
  const rotation = await insist(desk, 'replace it', () => {
    generation += 1;
    return executeChild(rotateCredential, {
      workflowId: `rotate/${input.credentialId}/${input.version}/${generation}`,
      parentClosePolicy: ParentClosePolicy.REQUEST_CANCEL,
      staticSummary: `Replace ${input.credentialId} v${input.version}`,
      args: [
        {
          incidentId: workflowInfo().workflowId,
          incidentRunId: workflowInfo().runId,
          credentialId: input.credentialId,
          version: input.version,
          dependents: credential.dependents.map(({ id }) => id),
          generation,
          moveWithinSeconds: input.policy.severities[plan.severity].overlapSeconds,
          goOnWithoutMissing: plan.revokeAtDeadline,
        },
      ],
    });
  });
  board.replacement = rotation.replacement;
  const missing = rotation.missing.length > 0 ? `; NOT moved in time: ${rotation.missing.join(', ')}` : '';
  board.apply({
    type: 'moved',
    at: rotation.movedAt,
    note: `${rotation.moved.join(', ') || 'no dependent'} moved to version ${rotation.replacement}${missing}`,
  });
  if (missing)
    await page(
      input,
      board,
      `Dependents that had not moved at the deadline lose access now: ${rotation.missing.join(', ')}.`,
      0,
    );
  return rotation;
}

async function revoke({ input, board, desk }: Leak, plan: ResponsePlan, rotation: RotationResult): Promise<void> {
  if (plan.revoke !== 'when-moved') {
    await desk.ask(
      `Version ${input.version} is contained and replaced by ${rotation.replacement}. Send retryStep to revoke it for ever.`,
    );
  }
  const revocation = { ...incidentStep(input, 'revoke'), reason: board.incident.evidence.reason };
  const revoked = await insist(desk, 'revoke it', () =>
    withinMinutes.revokeVersion.executeWithOptions({ summary: `Revoke version ${input.version}: the one-way door` }, [
      revocation,
    ]),
  );
  board.apply({ type: 'revoked', at: revoked.at, note: `revoked: ${revoked.evidence}` });
}

async function verify({ input, board, desk }: Leak, rotation: RotationResult): Promise<string> {
  const verification = { ...incidentStep(input, 'verify'), control: rotation.replacement };
  const { at, proof, evidence } = await insist(desk, 'prove that it is dead', () =>
    withinMinutes.verifyDead.executeWithOptions({ summary: 'Prove that it is refused, and that the control is not' }, [
      verification,
    ]),
  );
  board.apply({ type: 'verified', at, note: `verified dead, proof ${proof}: ${evidence}` });
  return proof;
}

async function tellOutcome({ input, board }: Leak, rotation: RotationResult, proof: string): Promise<void> {
  const summary = `Version ${input.version} is revoked and verified dead (${proof}); version ${rotation.replacement} replaces it.`;
  const { at, told } = await tellEveryone(input, board, 'resolved', summary);
  board.apply({ type: 'notified', at, note: `told: ${told.join(', ') || 'nobody'}` });
}

async function close({ input, board }: Leak, proof: string): Promise<IncidentResult> {
  const outcome = 'recovered';
  const closing = { ...incidentStep(input, 'close'), outcome, summary: `proof ${proof}` };
  const { at } = await untilDone.closeAudit.executeWithOptions({ summary: 'Close the audit trail' }, [closing]);
  board.apply({ type: 'closed', at, note: `closed: ${outcome}`, outcome });
  // A signal or update that is being handled must not be lost with the workflow.
  await condition(allHandlersFinished);
  return { outcome, view: board.view() };
}

/** Does a step; when it can't be done, asks a person and does it again, for as long as it takes. */
async function insist<T>(desk: PersonDesk, what: string, effect: () => Promise<T>): Promise<T> {
  for (;;) {
    try {
      return await effect();
    } catch (error) {
      if (isCancellation(error)) throw error;
      await desk.ask(`Could not ${what}. ${stepFailure(error).message}`);
    }
  }
}

async function page(input: IncidentInput, board: IncidentBoard, question: string, round: number): Promise<void> {
  await tellEveryone(input, board, 'person-needed', question, round);
}
