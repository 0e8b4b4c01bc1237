import { WorkflowExecutionAlreadyStartedError } from '@temporalio/common';
import {
  CancellationScope,
  executeChild,
  getExternalWorkflowHandle,
  isCancellation,
  ParentClosePolicy,
  patched,
  sleep,
  uuid4,
  workflowInfo,
} from '@temporalio/workflow';
import { responsesFor } from '../../domain/policy';
import { wavesOf } from '../../domain/waves';
import { lookups } from './activity-proxies';
import { hurrySignal, type RotationResult, type RotationTerms, type Signed } from '../messages';
import { rotateCredential } from '../rotate-credential';
import type { Leak, Rotating } from './leak';
import { tellBeside } from './tell-beside';

/** People are told when this share of the time for dependents is over; design.md's table. */
const WARN_AT = [0.5, 0.8] as const;

/** How long dependents may take where the policy gives their contexts no time at all. */
const WITHOUT_LANE_SECONDS = 30;

/** One rotation, as a child workflow that undoes itself when it fails. Each has its own number, and so its own keys. */
export async function rotateOnce(leak: Leak, way: { readonly forwardOnly?: true } = {}): Promise<RotationResult> {
  const { input, credential } = leak;
  leak.rotations += 1;
  const generation = leak.rotations;
  if (generation > 1 && leak.newer !== undefined && !way.forwardOnly) await lookForNewer(leak);
  const workflowId = `rotate/${input.credentialId}/${input.version}/${generation}`;
  const begin = (): Promise<RotationResult> => {
    // As things are now: it may have had to wait, and evidence came meanwhile.
    const terms = { ...termsNow(leak), ...(way.forwardOnly ? FORWARD : generation > 1 ? timeLeft(leak) : {}) };
    const warnings = startWarnings(leak, terms.moveWithinSeconds);
    leak.token = patched('signed-signals') ? uuid4() : undefined;
    leak.rotation = { workflowId, terms, warnings };
    return executeChild(rotateCredential, {
      workflowId,
      parentClosePolicy: ParentClosePolicy.REQUEST_CANCEL,
      staticSummary: `${input.simulated ? 'SIMULATED: ' : ''}Replace ${input.credentialId} v${input.version}`,
      args: [
        {
          incidentId: workflowInfo().workflowId,
          incidentRunId: workflowInfo().runId,
          credentialId: input.credentialId,
          version: input.version,
          dependents: credential.dependents.map(({ id }) => id),
          // Those that are refused already gain nothing by waiting for one another.
          ...(leak.plan().strategy === 'separable' && !way.forwardOnly
            ? { waves: wavesOf(credential.dependents) }
            : {}),
          generation,
          ...signature(leak),
          ...terms,
          ...(leak.newer === undefined || way.forwardOnly ? {} : { adopt: leak.newer }),
          ...way,
          ...(input.simulated ? { simulated: true } : {}),
        },
      ],
    });
  };
  try {
    return await startWhenFree(leak, begin);
  } finally {
    endRotation(leak);
  }
}

/** Where nobody can go back, nobody holds the others up. */
const FORWARD = { goOnWithoutMissing: true } as const;

function endRotation(leak: Leak): void {
  leak.rotation?.warnings.cancel();
  leak.rotation = undefined;
}

/** As long as an undo may take (time-limits.ts), and how often it is looked. */
const UNDOING = { pauseMs: 5_000, looks: 120 } as const;

/** The rotation of an earlier run of this incident, which was ended, may still be undoing itself; two at once would undo one another. */
async function startWhenFree<T>(leak: Leak, start: () => Promise<T>): Promise<T> {
  for (let look = 1; ; look++) {
    try {
      return await start();
    } catch (error) {
      if (!(error instanceof WorkflowExecutionAlreadyStartedError) || look === UNDOING.looks) throw error;
      endRotation(leak);
      if (look === 1)
        leak.board.apply({ type: 'noted', at: Date.now(), note: 'an earlier rotation still undoes itself' });
      await sleep(UNDOING.pauseMs, { summary: 'An earlier rotation still undoes itself' });
      await lookForNewer(leak);
    }
  }
}

/** What is undone meanwhile must not be adopted. When that can't be told, the rotation finds out. */
async function lookForNewer(leak: Leak): Promise<void> {
  try {
    leak.newer = (await lookups.loadCredential(leak.input)).newer;
  } catch (error) {
    if (isCancellation(error)) throw error;
  }
}

export function signature({ token }: Leak): Signed {
  return token === undefined ? {} : { token };
}

function termsNow({ input, credential, plan }: Leak): RotationTerms {
  const { severity, revokeAtDeadline } = plan();
  const { overlapSeconds } = responsesFor(input.policy, credential)[severity];
  // Without a lane they are refused already; they still need a moment to take what is new.
  return { moveWithinSeconds: overlapSeconds || WITHOUT_LANE_SECONDS, goOnWithoutMissing: revokeAtDeadline };
}

/**
 * Where the deadline decides it counts from the refusal, as the gateways' lane does, however often the rotation is tried; whoever is left still
 * has a moment.
 */
function timeLeft(leak: Leak): Partial<RotationTerms> {
  const { moveWithinSeconds, goOnWithoutMissing } = termsNow(leak);
  if (!goOnWithoutMissing) return {};
  const { contained = Date.now() } = leak.board.incident.milestones;
  const left = moveWithinSeconds + (leak.extendedSeconds ?? 0) - (Date.now() - contained) / 1000;
  return { moveWithinSeconds: Math.max(WITHOUT_LANE_SECONDS, left) };
}

/** After graver evidence: a rotation that runs gets the terms it would be begun with now. */
export async function hurryRotation(leak: Leak): Promise<void> {
  const { rotation } = leak;
  const terms = termsNow(leak);
  if (!rotation || !isShorter(terms, rotation.terms) || !patched('hurry-rotation')) return;
  leak.rotation = { ...rotation, terms, warnings: warnAnew(leak, rotation, terms.moveWithinSeconds) };
  leak.board.apply({
    type: 'noted',
    at: Date.now(),
    note: `dependents have ${terms.moveWithinSeconds} s left to move (${leak.plan().severity})`,
  });
  // One that has just ended needs no hurry.
  await getExternalWorkflowHandle(rotation.workflowId)
    .signal(hurrySignal, { ...terms, ...signature(leak) })
    .catch(() => undefined);
}

/** Less time, or an end of it at which nobody is waited for. */
function isShorter(next: RotationTerms, before: RotationTerms): boolean {
  const decides = next.goOnWithoutMissing && !before.goOnWithoutMissing;
  return next.moveWithinSeconds < before.moveWithinSeconds || decides;
}

function startWarnings(leak: Leak, seconds: number): CancellationScope {
  const warnings = new CancellationScope();
  // Ends with its scope; that it was cancelled is no news.
  warnings.run(() => warnPeople(leak, seconds)).catch(() => undefined);
  return warnings;
}

/** Dependents have another time now: people are warned at its half, and not at that of the old one. */
export function warnAnew(leak: Leak, { warnings }: Rotating, seconds: number): CancellationScope {
  if (!patched('warn-anew')) return warnings;
  warnings.cancel();
  return startWarnings(leak, seconds);
}

async function warnPeople({ desk, input }: Leak, overlapSeconds: number): Promise<void> {
  let over = 0;
  for (const share of WARN_AT) {
    await sleep((share - over) * overlapSeconds * 1000, {
      summary: `Tell people at ${share * 100} % of the time for dependents`,
    });
    over = share;
    await tellBeside(
      desk,
      `${share * 100} % of the time for the dependents of ${input.credentialId} is over, and not all have moved.`,
    );
  }
}
