import { patched, setHandler } from '@temporalio/workflow';
import { detectionSignal, progressSignal, stateQuery, worksAgainSignal } from '../messages';
import { followPlan } from './follow-plan';
import type { IncidentBoard } from './incident-board';
import type { Leak } from './leak';
import { isDetectionSignal, isProgress, isWorksAgain, knowsToken } from './signal-shapes';
import { mayRefuseAgain, refuseAgain } from './tighten-containment';
import { unlessCancelled } from './unless-cancelled';

/** What an incident hears from detectors and from its own rotation, and what it answers to whoever asks. */
export function listenToEvents(board: IncidentBoard, leak: () => Leak | undefined): void {
  setHandler(stateQuery, () => board.view(), { description: 'Where the incident is, its plan and its timeline' });
  const isOurs = (event: unknown): boolean => leak()?.rotation !== undefined && knowsToken(event, leak()?.token);
  setHandler(
    progressSignal,
    (event) => void (isProgress(event) && isOurs(event) ? board.apply(event) : dropped(board, 'progress')),
    {
      description: 'Progress of the rotation',
    },
  );
  setHandler(
    detectionSignal,
    async (signal) => {
      if (!isDetectionSignal(signal)) return dropped(board, 'detection');
      const { latest, assessment, count } = signal;
      const before = leak()?.plan();
      board.apply({ type: 'detection-joined', at: latest.at, detection: latest, assessment, count });
      const known = leak();
      if (!known) return;
      const follow = async (): Promise<void> => {
        if (before) await unlessCancelled(() => followPlan(known, before));
      };
      if (!known.falsePositive && !known.input.simulated) return follow();
      // A dead channel must not hold up the refusal.
      const tell = (): Promise<void> => tellOfUse(known, assessment.reason);
      if (patched('follow-first')) return void (await Promise.all([follow(), tell()]));
      await tell();
      await follow();
    },
    { description: 'More evidence against the same version' },
  );
  setHandler(
    worksAgainSignal,
    async (signal) => {
      if (!isWorksAgain(signal)) return dropped(board, 'worksAgain');
      board.apply({ type: 'noted', at: Date.now(), note: `what was refused works again: ${signal.evidence}` });
      const known = leak();
      if (known && mayRefuseAgain(known) && patched('works-again')) await unlessCancelled(() => refuseAgain(known));
    },
    { description: 'What was refused works again: it is refused once more' },
  );
}

async function tellOfUse(leak: Leak, reason: string): Promise<void> {
  if (leak.falsePositive) await tellOfDoubt(leak);
  if (leak.input.simulated) await tellOfAbuse(leak, reason);
}

/** Whoever said that nothing leaked, or the next on duty, must hear of it: the incident is about to be closed. */
async function tellOfDoubt(leak: Leak): Promise<void> {
  if (leak.doubted) return;
  leak.doubted = true;
  const { credentialId, version } = leak.input;
  await leak.desk.tell(
    `More evidence against version ${version} of ${credentialId} came after ${leak.falsePositive?.actor} said that nothing leaked. It is not refused for that: start the incident again if it is real.`,
  );
}

/** What is used during an exercise may be the exercise's own use; nobody but a person can tell. */
async function tellOfAbuse(leak: Leak, reason: string): Promise<void> {
  if (leak.doubted || !patched('abuse-in-exercise')) return;
  leak.doubted = true;
  await leak.desk.tell(
    `Detectors see abuse of ${leak.input.credentialId} during this exercise: ${reason}. If that is not part of it, the leak is real; what is done about it is real in any case.`,
  );
}

function dropped(board: IncidentBoard, signal: string): void {
  board.apply({ type: 'noted', at: Date.now(), note: `a ${signal} signal of no known shape was dropped` });
}
