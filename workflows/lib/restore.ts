import { CancellationScope } from '@temporalio/workflow';
import { withinMinutes } from './activity-proxies';
import { incidentStep } from './incident-step';
import { insist, type Leak } from './leak';

/**
 * After a false positive, once what the story had begun is undone: the version may be used again. Nothing else is touched: where dependents
 * have moved already, they stay with the replacement, and both live.
 */
export async function restore(
  leak: Leak,
  { actor, note }: { readonly actor: string; readonly note: string },
): Promise<string> {
  const { input, board } = leak;
  const lift = { ...incidentStep(input, 'lift'), reason: note, actor };
  leak.liftingSince = Date.now();
  leak.lifting = !CancellationScope.current().consideredCancelled;
  const lifted = await insist(
    leak,
    'lift the refusal',
    () =>
      withinMinutes.liftContainment.executeWithOptions({ summary: `Lift the refusal: ${actor} says nothing leaked` }, [
        lift,
      ]),
    // It may be lifted in part: silence must not end it as if it were refused.
    { needed: true, endless: true },
  );
  const both =
    board.replacement === undefined ? '' : `; version ${board.replacement} lives beside it: retire one of them`;
  board.apply({ type: 'noted', at: lifted.at, note: `the refusal is lifted (${actor}): ${lifted.evidence}${both}` });
  return `${actor}: ${note}${both}`;
}
