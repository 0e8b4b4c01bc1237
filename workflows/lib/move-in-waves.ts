import { CancellationScope, isCancellation, patched } from '@temporalio/workflow';
import type { Restored } from '../../activities/rotation';
import type { RotationInput } from '../messages';
import { undos } from './activity-proxies';
import { moveOne, type Moved } from './move-one';
import type { MovingTime } from './moving-time';
import { passGate, stopIfBroken } from './pass-gate';
import { rotationStep } from './rotation-step';
import { WAITS } from './time-limits';
import type { UndoStack } from './undo-stack';

export interface Moving {
  readonly input: RotationInput;
  readonly to: number;
  readonly undo: UndoStack;
  readonly time: MovingTime;
  /** Those that work on the new version by now. */
  readonly arrived: Set<string>;
  /** Those that worked on it before. */
  readonly there?: ReadonlySet<string> | undefined;
  /** Those that an undo did not send back, and the version it left each on. */
  readonly left: Map<string, number>;
  /** Those that used a version which was not taken up: they go back to it, and not to the leaked one. */
  readonly elsewhere?: { readonly version: number; readonly users: ReadonlySet<string> } | undefined;
}

export interface Arrived {
  readonly moved: readonly string[];
  readonly missing: readonly string[];
  readonly at: number;
}

type Settled = PromiseSettledResult<Moved>;

/**
 * Moves the dependents, a wave after the other, each through its gate. A dependent that is slow holds its wave up for its share of the time and
 * is asked on beside the next ones. One that is broken on the new version, one that refuses, or a wave that does not work, ends the rotation where
 * the old version may still live.
 */
export async function moveInWaves(moving: Moving): Promise<Arrived> {
  const results = new Map<string, Promise<Settled>>();
  const scope = new CancellationScope();
  try {
    return await scope.run(() => waveByWave(moving, results));
  } catch (error) {
    // Nothing may be undone while it is still being done.
    scope.cancel();
    await Promise.all(results.values());
    throw error;
  }
}

async function waveByWave(moving: Moving, results: Map<string, Promise<Settled>>): Promise<Arrived> {
  const { input, time } = moving;
  const waves = input.waves ?? [input.dependents];
  const settled = new Map<string, Settled>();
  const gated = new Set<string>();
  const begun = Date.now();
  for (const [index, wave] of waves.entries()) {
    const since = Date.now();
    for (const id of wave) results.set(id, start(moving, id, settled));
    const isLast = index === waves.length - 1;
    const looksForBroken = input.waves !== undefined && patched('broken-is-not-slow');
    if (!isLast || looksForBroken)
      await time.untilDone(
        () => wave.every((id) => settled.has(id)),
        // The last one has what is left, and is looked at when half of it is over.
        isLast ? 2 : waves.length - index,
        `Wait for ${wave.join(', ')}`,
      );
    if (looksForBroken)
      await stopIfBroken(
        moving,
        index,
        wave.filter((id) => !settled.has(id)),
      );
    if (isLast) await Promise.all(results.values());
    stopIfRefused(moving, settled);
    const arrived = wave.filter((id) => settled.get(id)?.status === 'fulfilled');
    if (input.waves && arrived.length > 0) {
      await passGate(moving, index, { dependents: arrived, since, movedAt: lastOf(arrived, settled) });
      for (const id of arrived) gated.add(id);
    }
  }
  const moved = input.dependents.filter((id) => settled.get(id)?.status === 'fulfilled');
  // Who came after its wave had gone on is looked at in the end: before the one-way door, everybody was.
  const late = moved.filter((id) => !gated.has(id));
  if (input.waves && late.length > 0 && patched('gate-latecomers'))
    await passGate(moving, waves.length, { dependents: late, since: begun, movedAt: lastOf(late, settled) });
  return {
    moved,
    missing: input.dependents.filter((id) => !moved.includes(id)),
    at: lastOf(moved, settled),
  };
}

/** When the last of them had moved. */
function lastOf(ids: readonly string[], settled: ReadonlyMap<string, Settled>): number {
  const times = ids.map((id) => {
    const result = settled.get(id);
    return result?.status === 'fulfilled' ? result.value.at : 0;
  });
  return Math.max(0, ...times) || Date.now();
}

function start(moving: Moving, id: string, settled: Map<string, Settled>): Promise<Settled> {
  const { input, undo, there, elsewhere } = moving;
  // What was adopted lives on when this fails.
  const from = there ? {} : { from: moving.to };
  const to = elsewhere?.users.has(id) ? elsewhere.version : input.version;
  if (!input.forwardOnly && !there?.has(id))
    undo.register(`restore ${id}`, async () => {
      const restore = { ...rotationStep(input, `restore.${id}`), dependentId: id, to, ...from };
      const summary = `Send ${id} back to version ${to}`;
      const restored = await undos.restoreDependent.executeWithOptions({ summary }, [restore]);
      keepLeft(moving, id, restored);
    });
  return Promise.allSettled([moveOne(moving, id)]).then(([result]) => {
    settled.set(id, result);
    if (result.status === 'fulfilled') moving.arrived.add(id);
    return result;
  });
}

/** Missing in histories from before it was said. */
function keepLeft({ left }: Moving, id: string, restored: Restored | undefined): void {
  if (restored?.leftOn !== undefined) left.set(id, restored.leftOn);
}

/** At the deadline those that have not moved are missing; before it, one that can't move ends the rotation, unless the plan goes on without. */
function stopIfRefused({ time }: Moving, settled: ReadonlyMap<string, Settled>): void {
  const failure = [...settled.values()].find((result) => result.status === 'rejected');
  if (!failure) return;
  if (isCancellation(failure.reason) || (!time.goOnWithoutMissing && time.left(Date.now()) > WAITS.askAgainMs))
    throw failure.reason;
}
