import { allHandlersFinished, ApplicationFailure, condition, isCancellation, setHandler } from '@temporalio/workflow';
import type { Outcome } from '../domain/incident';
import { lookups, untilDone } from './lib/activity-proxies';
import { containLeak, isTighter, tightenContainment } from './lib/contain-leak';
import { proveDead, revokeLeaked } from './lib/end-leaked';
import { stepFailure } from './lib/failure-code';
import { handOver } from './lib/hand-over';
import { IncidentBoard } from './lib/incident-board';
import { incidentStep } from './lib/incident-step';
import { planNow, type Known, type Leak } from './lib/leak';
import { PersonDesk } from './lib/person-desk';
import { hurryRotation, replaceLeaked } from './lib/replace-leaked';
import { isDetectionSignal, isProgress } from './lib/signal-shapes';
import { tellEveryone } from './lib/tell-everyone';
import {
  detectionSignal,
  progressSignal,
  stateQuery,
  type IncidentInput,
  type IncidentResult,
  type RotationResult,
} from './messages';

/**
 * The answer to one leaked secret version, in order: refuse it, tell people, replace it, revoke it, prove it dead, tell people,
 * close. A step that can't be done asks a person and waits; nothing that fails ever lifts the refusal. Graver evidence tightens
 * the refusal at once and changes the plan of what is still to come.
 */
export async function respondToLeak(input: IncidentInput): Promise<IncidentResult> {
  const board = new IncidentBoard(input);
  const desk = new PersonDesk({
    board,
    step: (name) => incidentStep(input, name),
    page: async (question, number) => void (await tellEveryone(input, board, 'person-needed', question, number)),
    remindEverySeconds: input.policy.escalateEverySeconds,
  });
  const known: { leak?: Leak } = {};
  listen(board, () => known.leak);

  const found = await lookUp(input);
  const { credential } = found;
  const leak: Leak = { input, board, desk, credential, plan: () => planNow(input, board, found) };
  known.leak = leak;
  board.describe(credential, leak.plan());

  await askBeforeContaining(leak);
  await containLeak(leak);
  const firstNotice = tellEveryone(input, board, 'contained', containedSummary(leak));
  if (leak.plan().leftToPerson) {
    await firstNotice;
    return close(leak, 'contained-and-handed-over', await handOver(leak));
  }
  const rotation = await replaceLeaked(leak);
  await revokeLeaked(leak, rotation);
  const proof = await proveDead(leak, rotation);
  await firstNotice;
  await tellOutcome(leak, rotation, proof);
  return close(leak, 'recovered', `proof ${proof}`);
}

function listen(board: IncidentBoard, leak: () => Leak | undefined): void {
  setHandler(stateQuery, () => board.view(), { description: 'Where the incident is, its plan and its timeline' });
  setHandler(progressSignal, (event) => void (isProgress(event) ? board.apply(event) : dropped(board, 'progress')), {
    description: 'Progress of the rotation',
  });
  setHandler(
    detectionSignal,
    async (signal) => {
      if (!isDetectionSignal(signal)) return dropped(board, 'detection');
      const { latest, assessment, count } = signal;
      const before = leak()?.plan();
      board.apply({ type: 'detection-joined', at: latest.at, detection: latest, assessment, count });
      const known = leak();
      if (!known || !before) return;
      board.describe(known.credential, known.plan());
      const contained =
        board.incident.milestones.contained !== undefined && board.incident.milestones.revoked === undefined;
      if (!contained) return;
      if (isTighter(known.plan(), before)) await tightenContainment(known);
      await hurryRotation(known);
    },
    { description: 'More evidence against the same version' },
  );
}

function dropped(board: IncidentBoard, signal: string): void {
  board.apply({ type: 'noted', at: Date.now(), note: `a ${signal} signal of no known shape was dropped` });
}

/** A credential nobody registered, or a version that is not in use, is the one thing an incident can't be about. */
async function lookUp(input: IncidentInput): Promise<Known> {
  try {
    return await lookups.loadCredential(input);
  } catch (error) {
    if (isCancellation(error)) throw error;
    const { code, message } = stepFailure(error);
    throw ApplicationFailure.nonRetryable(message, code);
  }
}

/**
 * Our own and break-glass credentials are what people need to mend things with; and where nobody can be told apart and no abuse was
 * seen, refusing all use would do more harm than the leak. Graver evidence answers the second question by itself.
 */
async function askBeforeContaining({ input, desk, credential, plan }: Leak): Promise<void> {
  const isProtected = credential.protection !== 'normal';
  const why = isProtected
    ? `is a ${credential.protection} credential`
    : 'has no known context, and no abuse of it was seen';
  await desk.ask(
    `${input.credentialId} ${why}: it is NOT contained. Send retryStep to contain and replace it.`,
    () => !isProtected && plan().containAtOnce,
  );
}

function containedSummary(leak: Leak): string {
  const { quarantine, expectedGap } = leak.plan();
  return `It is refused (${quarantine.mode}, by the ${quarantine.enforcedBy}). ${expectedGap}`;
}

async function tellOutcome({ input, board }: Leak, rotation: RotationResult, proof: string): Promise<void> {
  const summary = `Version ${input.version} is revoked and verified dead (${proof}); version ${rotation.replacement} replaces it.`;
  const { at, told } = await tellEveryone(input, board, 'resolved', summary);
  board.apply({ type: 'notified', at, note: `told: ${told.join(', ') || 'nobody'}` });
}

async function close({ input, board }: Leak, outcome: Outcome, summary: string): Promise<IncidentResult> {
  const closing = { ...incidentStep(input, 'close'), outcome, summary };
  const { at } = await untilDone.closeAudit.executeWithOptions({ summary: 'Close the audit trail' }, [closing]);
  board.apply({ type: 'closed', at, note: `closed: ${outcome}`, outcome });
  // A signal or update that is being handled must not be lost with the workflow.
  await condition(allHandlersFinished);
  return { outcome, view: board.view() };
}
