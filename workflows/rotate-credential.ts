import { ActivityFailure, CancellationScope, isCancellation, patched, setHandler } from '@temporalio/workflow';
import type { RetryPolicy } from '@temporalio/common';
import { lookups, undos, withinMinutes } from './lib/activity-proxies';
import { stepFailure } from './lib/failure-code';
import type { Kept } from './lib/leak';
import { moveInWaves, type Moving } from './lib/move-in-waves';
import { MovingTime } from './lib/moving-time';
import { rotationFailed } from './lib/rotation-failed';
import { reportProgress, rotationStep } from './lib/rotation-step';
import { isRotationTerms, knowsToken } from './lib/signal-shapes';
import { takeMoreTime } from './lib/take-more-time';
import { UndoStack, type UndoFailure } from './lib/undo-stack';
import { hurrySignal, moreTimeSignal, type RotationInput, type RotationResult } from './messages';

/** A rejected value is tried once more with another one; then a person is asked (Vault's lesson: never the same for ever). */
export const MAX_MINTS = 2;

/**
 * Create → distribute → prove use. Whatever fails, what was done is undone in reverse order: dependents go back to the old
 * version, the new one is discarded. It never touches the containment of the old version.
 */
export async function rotateCredential(input: RotationInput): Promise<RotationResult> {
  const undo = new UndoStack();
  const leftBehind: UndoFailure[] = [];
  let { adopt: adopts } = input;
  const arrived = new Set<string>();
  const left = new Map<string, number>();
  let there: ReadonlySet<string> | undefined;
  let elsewhere: Moving['elsewhere'];
  let replacement: { readonly at: number; readonly version: number; readonly note: string } | undefined;
  const time = new MovingTime(input);
  const isOurs = (signal: unknown): boolean => knowsToken(signal, input.token);
  setHandler(hurrySignal, (terms) => void (isOurs(terms) && isRotationTerms(terms) && time.hurry(terms, Date.now())), {
    description: 'Dependents have less time than was thought',
  });
  const taken = new Set<string>();
  setHandler(moreTimeSignal, (more) => (isOurs(more) ? takeMoreTime({ input, time, taken }, more) : undefined), {
    description: 'People gave dependents more time',
  });
  try {
    adopts = await works(input, await lives(input), leftBehind);
    if (adopts !== undefined && !input.forwardOnly && patched('send-back-from-adopted'))
      there = await usersOf(input, adopts);
    const { alive } = input;
    if (alive && adopts === undefined && !input.forwardOnly && patched('back-to-what-works'))
      elsewhere = { version: alive.version, users: await stillThere(input, alive) };
    replacement = adopts === undefined ? await mint(input, undo, leftBehind) : adopted(adopts);
    const { at: replacedAt, note } = replacement;
    const told = reportProgress(input, { type: 'replaced', at: replacedAt, note });
    const { moved, missing, at } = await moveInWaves({
      input,
      to: replacement.version,
      undo,
      time,
      arrived,
      left,
      there,
      elsewhere,
    });
    await told;
    return {
      replacement: replacement.version,
      replacedAt: replacement.at,
      movedAt: at,
      moved,
      missing,
      ...(leftBehind.length > 0 ? { leftBehind: leftBehind.map(({ name }) => name) } : {}),
    };
  } catch (error) {
    // Whoever works on it when the old version is dead or refused, or worked on it before, has nothing to go back to.
    // Whoever cancels it may be about to give the old version back.
    const isCancelled = (): boolean => isCancellation(error) || CancellationScope.current().consideredCancelled;
    const laneUntil =
      arrived.size > 0 && !input.forwardOnly && !isCancelled() && patched('lane-as-listed')
        ? await readLane(input, time)
        : undefined;
    const isLost = input.forwardOnly || (time.isLaneOver(Date.now()) && !isCancelled());
    const keeps = (adopts !== undefined && !there) || (isLost && arrived.size > 0);
    const failed = [...leftBehind, ...(keeps ? [] : await undo.run())];
    const version = keeps ? (replacement?.version ?? adopts) : adopts;
    const leftThere = [...left].filter(([, on]) => on === version).map(([id]) => id);
    const users = [...new Set([...(there ?? []), ...(keeps ? arrived : leftThere)])];
    // Cancelled, it says so; but what could not be undone, or is in use, must be told whatever the reason.
    const isInUse = keeps && users.length > 0;
    if (isCancellation(error) && failed.length === 0 && !(isInUse && patched('kept-though-cancelled'))) throw error;
    const goesBack = !keeps && !input.forwardOnly;
    throw rotationFailed(error, failed, {
      sentBack: goesBack && left.size === 0,
      ...(left.size === 0 ? {} : { elsewhere: [...left.keys()] }),
      ...(goesBack && version !== undefined && stepFailure(error).code === 'WAVE_FAILED' ? { unfit: version } : {}),
      ...(version === undefined ? {} : { kept: { version, users } }),
      ...(laneUntil === undefined ? {} : { laneUntil }),
      ...(input.adopt === undefined || adopts !== undefined ? {} : { gone: input.adopt }),
    });
  }
}

/** A replacement that is not discarded, since a dependent may use it. */
class StillInUse extends Error {
  override readonly name = 'StillInUse';
}

async function mint(input: RotationInput, undo: UndoStack, leftBehind: UndoFailure[]) {
  for (let attempt = 1; ; attempt++) {
    const create = rotationStep(input, `create.${attempt}`);
    undo.register(attempt === 1 ? 'discard the replacement' : `discard replacement ${attempt}`, async (failed) => {
      // Whoever could not be sent back may use it: then nothing else works for them.
      if (failed.length > 0 && patched('keep-what-is-used')) throw new StillInUse();
      await undos.discardReplacement.executeWithOptions({ summary: 'Discard the replacement' }, [
        { ...rotationStep(input, `discard.${attempt}`), createStepKey: create.stepKey },
      ]);
    });
    try {
      const made = await withinMinutes.createReplacement.executeWithOptions(
        { summary: 'Mint and test the replacement', retry: retryUnlessRejected },
        [create],
      );
      return { ...made, note: `version ${made.version} (${made.publicId}) minted and tested` };
    } catch (error) {
      if (
        !(error instanceof ActivityFailure) ||
        stepFailure(error).code !== 'REPLACEMENT_REJECTED' ||
        attempt === MAX_MINTS
      )
        throw error;
      // The rejected value may live at the provider, and is all there is to undo by now.
      leftBehind.push(...(await undo.run()));
    }
  }
}

/**
 * The version to adopt, where it lives still: it may be the replacement of an earlier rotation that was undoing itself when the incident looked. By now
 * none of this version runs but this one.
 */
async function lives({ adopt, credentialId, version }: RotationInput): Promise<number | undefined> {
  if (adopt === undefined || !patched('adopt-what-lives')) return adopt;
  const { newer } = await lookups().loadCredential.executeWithOptions({ summary: `Does version ${adopt} live?` }, [
    { credentialId, version },
  ]);
  return newer;
}

/** The same version, where it works: it may have been ended by hand, or be why an earlier rotation failed. */
async function works(
  input: RotationInput,
  version: number | undefined,
  leftBehind: UndoFailure[],
): Promise<number | undefined> {
  if (version === undefined || !patched('test-what-is-adopted')) return version;
  try {
    await withinMinutes.testReplacement.executeWithOptions(
      { summary: `Does version ${version} work?`, retry: retryUnlessRejected },
      [{ ...rotationStep(input, 'test'), replacement: version }],
    );
    return version;
  } catch (error) {
    const { code, message } = stepFailure(error);
    if (isCancellation(error) || code !== 'REPLACEMENT_REJECTED') throw error;
    const note = `version ${version} lives and does not work, so another one is minted: ${message}`;
    await reportProgress(input, { type: 'noted', at: Date.now(), note });
    leftBehind.push({ name: `end version ${version}, which does not work`, error });
    return undefined;
  }
}

/** Who works on a version before anybody is moved to it: they moved by themselves, and are not sent back. */
async function usersOf(input: RotationInput, version: number): Promise<ReadonlySet<string>> {
  const look = { ...rotationStep(input, 'users'), dependents: input.dependents, to: version };
  const summary = `Who works on version ${version}?`;
  return new Set(await lookups().findUsers.executeWithOptions({ summary }, [look]));
}

/** Who used it before and still does: others may have been left there, where they don't work. */
async function stillThere(input: RotationInput, { version, users }: Kept): Promise<ReadonlySet<string>> {
  const now = await usersOf(input, version);
  return new Set(users.filter((id) => now.has(id)));
}

/** The lane's end as it is listed: since it was told, a gateway may have closed it. What can't be read is as it was told. */
async function readLane({ credentialId, version }: RotationInput, time: MovingTime): Promise<number | undefined> {
  const { hurries } = time;
  try {
    const { laneUntil } = await lookups().findLaneEnd.executeWithOptions(
      { summary: `Until when may version ${version} be used?` },
      [{ credentialId, version }],
    );
    // A list without it has lost it: nobody sets it free while a rotation runs.
    if (laneUntil !== undefined) time.asListed(laneUntil, hurries);
    return laneUntil;
  } catch {
    return undefined;
  }
}

function adopted(version: number) {
  return { at: Date.now(), version, note: `version ${version} takes its place: it lives already` };
}

/** A rejected value is not tried twice by the activity's own retries: the next attempt mints another. */
const retryUnlessRejected: RetryPolicy = {
  initialInterval: '200ms',
  maximumInterval: '10s',
  nonRetryableErrorTypes: ['REPLACEMENT_REJECTED'],
};
