import { Context } from '@temporalio/activity';
import { retryStepUpdate, skipStepUpdate, stateQuery, worksAgainSignal } from '../../workflows/messages';
import { eventually } from './eventually';
import { fakeActivities, loadInWaves, loadSeparable, MEDIUM, refusal, sampleInput } from './fake-activities';
import { APPROVED, secondReplacementWorks } from './outcome-scenarios';
import { rotationOf } from './patched-scenarios';
import type { RecordedScenario } from './recorded-scenarios';
import { gate, notesOf, untilWaiting, type LeakHandle } from './run-incident';

type Faked = ReturnType<typeof fakeActivities>;

/** The gateways close the lane while the first wave moves, and the second wave fails: nobody told the incident. */
export function laneClosedMeanwhile(): Faked {
  let newer: number | undefined;
  return fakeActivities({
    loadCredential: async () => ({ ...(await loadInWaves()), ...(newer === undefined ? {} : { newer }) }),
    containVersion: () => Promise.resolve({ at: 1, revision: 7, laneUntil: 9e15, evidence: 'the lane is open' }),
    findLaneEnd: () => Promise.resolve({ laneUntil: 0 }),
    createReplacement: () => Promise.resolve({ at: 2, version: (newer = 2), publicId: 'orders_v2' }),
    checkWave: ({ dependents }) =>
      dependents.includes('checkout')
        ? Promise.reject(refusal('WAVE_FAILED'))
        : Promise.resolve({ at: 5, detail: 'its use is seen' }),
  });
}

/** Version 2 lives before the incident begins, and billing uses it; checkout works neither on it nor on what is minted then. */
export function unfitTwice(restored: string[] = []): Faked {
  let looks = 0;
  return fakeActivities({
    loadCredential: async () => ({ ...(await loadSeparable()), newer: 2 }),
    // Checkout was left there, and does not work.
    findUsers: () => Promise.resolve(++looks === 1 ? ['billing'] : ['billing', 'checkout']),
    createReplacement: () => Promise.resolve({ at: 2, version: 3, publicId: 'orders_v3' }),
    checkWave: ({ dependents }) =>
      dependents.includes('checkout')
        ? Promise.reject(refusal('WAVE_FAILED'))
        : Promise.resolve({ at: 5, detail: 'its use is seen' }),
    restoreDependent({ dependentId, from, to }) {
      restored.push(`${dependentId}${from ? ` from ${from}` : ''} to ${to}`);
      return Promise.resolve({});
    },
  });
}

/** After the one-way door, version 3 takes the place of one that does not work; checkout moves, and billing waits until the rotation is cancelled. */
export function cancelledBeyondTheDoor(told: string[] = []): Faked & { readonly begun: Promise<void> } {
  const { opened, open } = gate();
  const made = secondReplacementWorks({
    async moveDependent({ dependentId, to }) {
      if (dependentId === 'billing' && to === 3) {
        open();
        await Context.current().cancelled;
      }
      return { at: 5, detail: 'moved' };
    },
    notifyAudience: ({ notice }) => {
      if (notice.kind === 'resolved') told.push(notice.summary);
      return Promise.resolve({ at: 6, channels: 1 });
    },
  });
  return { ...made, begun: opened };
}

/** Cancels the rotation that `begun` speaks of, once its first dependent has arrived; resolves when a person is asked. */
export async function cancelTheRotation(handle: LeakHandle, begun: Promise<void>): Promise<void> {
  await begun;
  await eventually(
    () => rotationOf(handle).fetchHistory(),
    ({ events }) => (events ?? []).filter((event) => event.activityTaskCompletedEventAttributes).length > 1,
  );
  await rotationOf(handle).cancel();
  await untilWaiting(handle);
}

/** Only checkout fails to move to version 2, which is kept then. What lives at each later look is taken from `looks`, and nothing can be minted besides. */
export function keptAndDead(
  looks: (number | undefined)[],
  overrides: Parameters<typeof fakeActivities>[0] = {},
): Faked {
  let newer: number | undefined;
  return fakeActivities({
    loadCredential: async () => {
      const seen = newer && looks.shift();
      return { ...(await loadSeparable()), ...(seen ? { newer: seen } : {}) };
    },
    containVersion: () => Promise.resolve({ at: 1, revision: 7, laneUntil: 0, evidence: 'refused to everybody' }),
    createReplacement: () =>
      newer === undefined
        ? Promise.resolve({ at: 2, version: (newer = 2), publicId: 'orders_v2' })
        : Promise.reject(refusal('PROVIDER_REFUSED')),
    moveDependent: ({ dependentId }) =>
      dependentId === 'checkout'
        ? Promise.reject(refusal('DEPENDENT_REFUSED'))
        : Promise.resolve({ at: 5, detail: 'moved' }),
    ...overrides,
  });
}

/** Until so many rotations have failed, and a person is asked. */
export function untilFailed(handle: LeakHandle, rotations: number): Promise<unknown> {
  return eventually(
    () => handle.query(stateQuery),
    ({ incident }) =>
      incident.stage === 'waiting-for-person' &&
      incident.timeline.some(({ note }) => note.startsWith(`rotation ${rotations} `)),
  );
}

/** What becomes of a replacement that is in use when its rotation fails. */
export const KEPT_SCENARIOS: readonly RecordedScenario[] = [
  {
    name: 'lane-closed-meanwhile',
    input: sampleInput(),
    activities: () => laneClosedMeanwhile().activities,
    play: async (handle) => {
      await untilWaiting(handle);
      await handle.executeUpdate(retryStepUpdate, { args: [APPROVED] });
      return handle.result();
    },
  },
  {
    name: 'unfit-twice',
    input: sampleInput(),
    activities: () => unfitTwice().activities,
    play: async (handle) => {
      await untilWaiting(handle);
      await handle.executeUpdate(retryStepUpdate, { args: [APPROVED] });
      await untilWaiting(handle);
      await handle.executeUpdate(skipStepUpdate, { args: [APPROVED] });
      return handle.result();
    },
  },
  cancelledScenario(),
  {
    name: 'kept-and-dead',
    input: MEDIUM,
    activities: () => keptAndDead([undefined, undefined]).activities,
    play: async (handle) => {
      await untilWaiting(handle);
      for (const failures of [2, 3]) {
        await handle.executeUpdate(retryStepUpdate, { args: [APPROVED] });
        await untilFailed(handle, failures);
      }
      await handle.executeUpdate(skipStepUpdate, { args: [APPROVED] });
      return handle.result();
    },
  },
  {
    // Refused at its provider, and watched from then on.
    name: 'refused-and-watched',
    input: sampleInput(),
    activities: withoutReplacement,
    play: async (handle) => {
      await untilWaiting(handle);
      await handle.executeUpdate(skipStepUpdate, { args: [APPROVED] });
      return handle.result();
    },
  },
  {
    // Somebody enables it while the incident waits; its watch, of a run before, has seen it.
    name: 'refused-again',
    input: sampleInput(),
    activities: withoutReplacement,
    play: async (handle) => {
      await untilWaiting(handle);
      await handle.signal(worksAgainSignal, { evidence: 'old accepted, control accepted' });
      await eventually(
        () => handle.query(stateQuery),
        (view) => notesOf(view).includes('refused again'),
      );
      await handle.executeUpdate(skipStepUpdate, { args: [APPROVED] });
      return handle.result();
    },
  },
];

/** The provider mints none, whoever asks. */
function withoutReplacement(): Faked['activities'] {
  return fakeActivities({ createReplacement: () => Promise.reject(refusal('PROVIDER_REFUSED')) }).activities;
}

function cancelledScenario(): RecordedScenario {
  const { activities, begun } = cancelledBeyondTheDoor();
  return {
    name: 'cancelled-beyond-the-door',
    input: sampleInput(),
    activities: () => activities,
    play: async (handle) => {
      await cancelTheRotation(handle, begun);
      // The last rotation is the one that is kept.
      await handle.terminate();
    },
  };
}
