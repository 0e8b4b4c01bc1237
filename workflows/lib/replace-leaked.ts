import { patched } from '@temporalio/workflow';
import { earliest } from '../../domain/earliest';
import type { RotationResult } from '../messages';
import { withinMinutes } from './activity-proxies';
import { awaitReplacement, hasFailed, mustEndFirst } from './await-replacement';
import { incidentStep } from './incident-step';
import { UNDONE, type LeftByRotation } from './failure-code';
import { insist, type Kept, type Leak } from './leak';
import { rotateOnce } from './rotate-once';
import { tellBeside } from './tell-beside';

/** Mints a replacement and moves the dependents to it, as a child workflow that undoes itself when it fails. */
export async function replaceLeaked(leak: Leak): Promise<RotationResult> {
  const { board } = leak;
  const rotate = async (): Promise<RotationResult> => {
    if (leak.plan().issuedByPerson) await awaitReplacement(leak);
    return rotateOnce(leak);
  };
  const rotation = await insist(leak, 'replace it', rotate, {
    // Nobody could be moved to what is there, and it can be ended before another one is: nobody is asked about that.
    settled: () => mustEndFirst(leak) && (isLeftOut(leak) || (hasFailed(leak) && leak.endFailed !== true)),
    onFailure: (failure) => {
      if (failure.code === 'ROLLBACK_INCOMPLETE') rememberNotUndone(leak, failure.message);
      const { sentBack = leak.newer === undefined, unfit, kept, gone, elsewhere = [], laneUntil } = failure.left ?? {};
      leak.laneUntil = earliest(leak.laneUntil, laneUntil);
      // The same version would fail the same way.
      if (unfit !== undefined) {
        leak.unfit = [...(leak.unfit ?? []), unfit];
        leak.unfitUse = kept;
      }
      // Nothing can be minted in its place: a person must give another.
      if (leak.plan().issuedByPerson && gone !== undefined) leaveOut(leak, gone);
      // The next try goes on with it, where it lives.
      const before = leak.kept;
      leak.kept = stillKept(before, failure.left);
      leak.keptIsDead = leak.kept !== undefined && leak.kept === before && (leak.keptIsDead || gone === before.version);
      if (leak.kept && !(leak.keptIsDead && patched('kept-is-dead'))) leak.newer = leak.kept.version;
      // Who works on what was kept, or was left on what has died since, has not gone back.
      leak.notBack = [...new Set([...(leak.notBack ?? []), ...(kept?.users ?? []), ...elsewhere])];
      leak.elsewhere = elsewhere;
      leak.rolledBack = sentBack && leak.notBack.length === 0 && UNDONE.includes(failure.code);
      const what = leak.rolledBack ? 'rolled back' : 'failed';
      board.apply({
        type: 'rolled-back',
        at: Date.now(),
        note: `rotation ${leak.rotations} ${what}: ${failure.message}`,
      });
    },
  });
  leak.rolledBack = false;
  // What such a rotation had minted was adopted, or discarded before the next one began.
  leak.cutShort = undefined;
  leak.kept = undefined;
  leak.notBack = undefined;
  leak.elsewhere = undefined;
  leak.unserved = rotation.missing;
  const { leftBehind = [] } = rotation;
  const users = rotation.missing.length > 0 ? `, unless ${rotation.missing.join(', ')} may use it` : '';
  const unfit = (leak.unfit ?? []).map((version) => `end version ${version}, on which dependents did not work${users}`);
  await tellLeftBehind(leak, [...leftBehind, ...unfit]);
  board.replacement = rotation.replacement;
  const missing = rotation.missing.join(', ');
  const moved = `${rotation.moved.join(', ') || 'no dependent'} moved to version ${rotation.replacement}`;
  board.apply({
    type: 'moved',
    at: rotation.movedAt,
    note: `${moved}${missing ? `; NOT moved in time: ${missing}` : ''}`,
  });
  return rotation;
}

/** What was in use is remembered until a rotation has moved everybody, or found that it does not work; one that could not look says nothing of it. */
function stillKept(before: Kept | undefined, { kept, unfit }: LeftByRotation = {}): Kept | undefined {
  const now = kept && kept.users.length > 0 ? kept : before;
  return now?.version === unfit ? undefined : now;
}

/** One that was not undone stays so, whatever becomes of later ones. */
function rememberNotUndone(leak: Leak, what: string): void {
  if (leak.notUndone?.includes(what)) return;
  leak.notUndone = leak.notUndone ? `${leak.notUndone} ${what}` : what;
}

function isLeftOut({ newer, leftOut }: Leak): boolean {
  return newer !== undefined && leftOut?.includes(newer) === true;
}

function leaveOut(leak: Leak, version: number): void {
  if (!leak.leftOut?.includes(version)) leak.leftOut = [...(leak.leftOut ?? []), version];
}

/** Of an incident that was opened again: its dependents have long moved. */
export function replacedBefore(
  { board, input }: Leak,
  { replacement }: { readonly replacement: number },
): RotationResult {
  const at = Date.now();
  board.replacement = replacement;
  board.apply({ type: 'replaced', at, note: `version ${replacement} took its place before` });
  board.apply({ type: 'moved', at, note: `nobody moves: version ${input.version} was ended before` });
  return { replacement, replacedAt: at, movedAt: at, moved: [], missing: [] };
}

/**
 * After the one-way door, when the replacement turned out not to work: another one is minted, and nobody goes back. What does not work
 * is ended as well, unless somebody who has not moved may use it.
 */
export async function replaceReplacement(leak: Leak, refused: number): Promise<RotationResult> {
  const { input, board, desk, credential } = leak;
  leak.unserved = credential.dependents.map(({ id }) => id);
  const next = leak.plan().issuedByPerson ? 'a person must give another one' : 'another one is minted';
  await tellBeside(desk, `Version ${refused}, the replacement of ${input.credentialId}, does not work: ${next}.`);
  const rotate = async (): Promise<RotationResult> => {
    if (!leak.plan().issuedByPerson) return rotateOnce(leak, { forwardOnly: true });
    leaveOut(leak, refused);
    await awaitReplacement(leak);
    // Past the one-way door it goes forward only, with what was given.
    return rotateOnce(leak);
  };
  const rotation = await insist(leak, 'replace the replacement', rotate, {
    needed: true,
    endless: true,
    onFailure: ({ code, message, left }) => {
      if (leak.plan().issuedByPerson && left?.gone !== undefined) leaveOut(leak, left.gone);
      // Nobody may go back to the last, and others may use what this one had minted: it stays to be looked at.
      const isKept = left?.kept !== undefined && !leak.plan().issuedByPerson;
      if (code === 'ROLLBACK_INCOMPLETE' || code === 'ROTATION_CUT_SHORT' || isKept) rememberNotUndone(leak, message);
      leak.cutShort = undefined;
    },
  });
  board.replacement = rotation.replacement;
  leak.unserved = rotation.missing;
  const missing = rotation.missing.join(', ');
  const moved = `${rotation.moved.join(', ') || 'no dependent'} moved on to version ${rotation.replacement}`;
  const note = `${moved}${missing ? `; NOT moved: ${missing}, whose version is dead` : ''}`;
  board.apply({ type: 'noted', at: rotation.movedAt, note });
  if (missing) await tellBeside(desk, `Dependents of ${input.credentialId} have no version that works: ${missing}.`);
  await tellLeftBehind(leak, rotation.leftBehind);
  if (missing && patched('keep-what-is-used')) {
    const kept = `Not undone: version ${refused} is not ended, since ${missing} may use it.`;
    rememberNotUndone(leak, kept);
    await tellBeside(desk, `${input.credentialId}: ${kept}`);
    return rotation;
  }
  const discard = { ...incidentStep(input, `discard.${refused}`), replacement: refused };
  await insist(
    leak,
    'end the replacement that does not work',
    () =>
      withinMinutes.discardReplacement.executeWithOptions({ summary: `End version ${refused}, which does not work` }, [
        discard,
      ]),
    { skipped: () => undefined, endless: true },
  );
  return rotation;
}

async function tellLeftBehind(leak: Leak, leftBehind: RotationResult['leftBehind'] = []): Promise<void> {
  if (leftBehind.length === 0) return;
  const what = `Not undone: ${leftBehind.join(', ')}.`;
  if (patched('left-behind-to-mend')) rememberNotUndone(leak, what);
  await tellBeside(leak.desk, `The rotation of ${leak.input.credentialId} left something behind. ${what}`);
}
