import { allHandlersFinished, condition } from '@temporalio/workflow';
import type { Outcome } from '../../domain/incident';
import type { IncidentResult } from '../messages';
import { untilDone } from './activity-proxies';
import { incidentStep } from './incident-step';
import type { Leak } from './leak';

/** Writes the last entry of the audit trail, and lets whoever is being answered finish. */
export async function close(
  { input, board }: Pick<Leak, 'input' | 'board'>,
  outcome: Outcome,
  summary: string,
): Promise<IncidentResult> {
  const closing = { ...incidentStep(input, 'close'), outcome, summary };
  const { at } = await untilDone.closeAudit.executeWithOptions({ summary: 'Close the audit trail' }, [closing]);
  board.apply({ type: 'closed', at, note: `closed: ${outcome}`, outcome });
  // A signal or update that is being handled must not be lost with the workflow.
  await condition(allHandlersFinished);
  return { outcome, view: board.view() };
}
