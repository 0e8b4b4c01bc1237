import { WorkflowExecutionAlreadyStartedError } from '@temporalio/common';
import { ParentClosePolicy, patched, sleep, startChild, uuid4, workflowInfo } from '@temporalio/workflow';
import { wavesOf } from '../../domain/waves';
import type { RotationResult, Signed } from '../messages';
import { rotateCredential } from '../rotate-credential';
import { lookups, type withinMinutes } from './activity-proxies';
import { asEndedFromOutside, discardWhatWasMinted } from './cut-short';
import type { Kept, Leak } from './leak';
import { termsNow, timeLeft } from './rotation-terms';
import { WAITS } from './time-limits';
import { startWarnings } from './warn-dependents';

/**
 * One rotation, as a child workflow that undoes itself when it fails. Each has its own number, and so its own keys; all those of a version have
 * one workflow id, so that Temporal itself lets no two run at once.
 */
export async function rotateOnce(leak: Leak, way: { readonly forwardOnly?: true } = {}): Promise<RotationResult> {
  const { input, credential } = leak;
  leak.rotations += 1;
  const generation = leak.rotations;
  if (!way.forwardOnly && (generation > 1 || (leak.newer !== undefined && patched('adopt-what-lives'))))
    await lookAgain(leak);
  const ofVersion = `rotate/${input.credentialId}/${input.version}`;
  const workflowId = patched('one-rotation-id') ? ofVersion : `${ofVersion}/${generation}`;
  const begin = async (): Promise<RotationResult> => {
    // As things are now: it may have had to wait, and evidence came meanwhile.
    const nobodyGoesBack = way.forwardOnly || isEndedUnreplaced(leak);
    const terms = { ...termsNow(leak), ...(nobodyGoesBack ? FORWARD : generation > 1 ? timeLeft(leak) : {}) };
    const warnings = startWarnings(leak, terms.moveWithinSeconds);
    leak.token = patched('signed-signals') ? uuid4() : undefined;
    leak.rotation = { workflowId, generation, terms, warnings };
    const child = await startChild(rotateCredential, {
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
          ...aliveOf(leak),
          ...(leak.atTheDoor ? { forwardOnly: true } : way),
          ...(input.simulated ? { simulated: true } : {}),
        },
      ],
    });
    try {
      return await child.result();
    } catch (error) {
      throw asEndedFromOutside(leak, child.firstExecutionRunId, way, error);
    }
  };
  try {
    return await startWhenFree(leak, begin);
  } finally {
    endRotation(leak);
  }
}

/** Where nobody can go back, nobody holds the others up. */
const FORWARD = { goOnWithoutMissing: true } as const;

function isEndedUnreplaced({ plan, board }: Leak): boolean {
  return plan().issuedByPerson === true && board.incident.milestones.revoked !== undefined;
}

function endRotation(leak: Leak): void {
  leak.rotation?.warnings.cancel();
  leak.rotation = undefined;
}

/** The rotation of an earlier run of this incident, which was ended, may still be undoing itself; two at once would undo one another. */
async function startWhenFree<T>(leak: Leak, start: () => Promise<T>): Promise<T> {
  for (let look = 1; ; look++) {
    try {
      return await start();
    } catch (error) {
      if (!(error instanceof WorkflowExecutionAlreadyStartedError) || look === WAITS.undoing.looks) throw error;
      endRotation(leak);
      if (look === 1)
        leak.board.apply({ type: 'noted', at: Date.now(), note: 'an earlier rotation still undoes itself' });
      await sleep(WAITS.undoing.pauseMs, { summary: 'An earlier rotation still undoes itself' });
      await lookForNewer(leak);
    }
  }
}

/**
 * What was found when the incident began may be undone by now, and must not be adopted. Before another try, what lives by now takes its place, and nothing
 * is minted besides: a later incident's replacement, or that of a rotation that was cut short. What a rotation could not discard lives as well, and is no
 * such thing.
 */
async function lookAgain(leak: Leak): Promise<void> {
  const { cutShort } = leak;
  const onlyOthersLive = leak.notUndone === undefined;
  if (leak.newer !== undefined || cutShort || (onlyOthersLive && patched('look-again'))) await lookForNewer(leak);
  if (cutShort && leak.newer === undefined) await discardWhatWasMinted(leak, cutShort);
}

/** `by`: how patiently. */
export async function lookForNewer(
  leak: Leak,
  by: Pick<typeof withinMinutes, 'loadCredential'> = lookups(),
): Promise<void> {
  const { kept, input } = leak;
  const {
    credential,
    newer,
    living = newer === undefined ? [] : [newer],
  } = await by.loadCredential.executeWithOptions({ summary: 'Which version lives by now?' }, [input]);
  // A person who gives a value may say with it who uses it.
  const isByPerson = leak.plan().issuedByPerson === true;
  if (isByPerson) leak.credential = credential;
  // One that is opened again names its own, which a person may have to replace as well.
  const last = isByPerson ? living.at(-1) : newer;
  leak.lastLive = last;
  leak.keptIsDead = kept !== undefined && !living.includes(kept.version);
  const isLeftOut = last !== undefined && [...(leak.unfit ?? []), ...(leak.leftOut ?? [])].includes(last);
  leak.newer = isLeftOut ? undefined : last;
}

/** What was not taken up, since others did not work on it, where it still lives. */
function aliveOf({ newer, unfitUse, lastLive }: Leak): { readonly alive?: Kept } {
  return newer === undefined && unfitUse?.version === lastLive && unfitUse ? { alive: unfitUse } : {};
}

export function signature({ token }: Leak): Signed {
  return token === undefined ? {} : { token };
}
