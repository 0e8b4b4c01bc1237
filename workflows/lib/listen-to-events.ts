import { setHandler } from '@temporalio/workflow';
import { detectionSignal, progressSignal, stateQuery } from '../messages';
import { followPlan } from './follow-plan';
import type { IncidentBoard } from './incident-board';
import type { Leak } from './leak';
import { isDetectionSignal, isProgress, knowsToken } from './signal-shapes';

/** What an incident hears from detectors and from its own rotation, and what it answers to whoever asks. */
export function listenToEvents(board: IncidentBoard, leak: () => Leak | undefined): void {
  setHandler(stateQuery, () => board.view(), { description: 'Where the incident is, its plan and its timeline' });
  const isOurs = (event: unknown): boolean => knowsToken(event, leak()?.token);
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
      if (known && before) await followPlan(known, before);
    },
    { description: 'More evidence against the same version' },
  );
}

function dropped(board: IncidentBoard, signal: string): void {
  board.apply({ type: 'noted', at: Date.now(), note: `a ${signal} signal of no known shape was dropped` });
}
