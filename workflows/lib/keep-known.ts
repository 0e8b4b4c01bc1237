import { CancellationScope } from '@temporalio/workflow';
import type { IncidentStep } from '../../activities/incident-step';
import { untilDone } from './activity-proxies';
import type { IncidentBoard } from './incident-board';

/** Has what is known by now kept with the version: what a person has said must not be lost with this incident, however it ends. */
export async function keepKnown(board: Pick<IncidentBoard, 'known'>, step: IncidentStep): Promise<void> {
  await CancellationScope.nonCancellable(() =>
    untilDone.keepKnown.executeWithOptions({ summary: 'Keep what a person has said' }, [
      { ...step, known: board.known() },
    ]),
  );
}
