import { allHandlersFinished, ApplicationFailure, condition, patched } from '@temporalio/workflow';
import type { Outcome } from '../../domain/incident';
import type { IncidentResult } from '../messages';
import { untilDone } from './activity-proxies';
import { incidentStep } from './incident-step';
import { insist, type Leak } from './leak';

/** Writes the last entry of the audit trail, and lets whoever is being answered finish. */
export async function close(leak: Leak, outcome: Outcome, summary: string): Promise<IncidentResult> {
  const { board } = leak;
  leak.ending = true;
  // What is refused is on record, whoever ends it.
  if (leak.refusing && patched('refused-before-closing')) await leak.refusing;
  const { at } = await closeAudit(leak, outcome, summary);
  // One that may not end so must not look as if it had.
  if (!board.apply({ type: 'closed', at, note: `closed: ${outcome}`, outcome }))
    throw ApplicationFailure.nonRetryable(`it can not end ${outcome}`, 'INCIDENT_ABORTED');
  await leak.desk.allTold();
  // A signal or update that is being handled must not be lost with the workflow.
  await condition(allHandlersFinished);
  return { outcome, view: board.view() };
}

/** An incident without its last entry must not look closed: it waits for its log, however long. */
function closeAudit(leak: Leak, outcome: Outcome, summary: string): Promise<{ readonly at: number }> {
  const closing = { ...incidentStep(leak.input, 'close'), outcome, summary, known: leak.board.known() };
  return insist(
    leak,
    'close the audit trail',
    () => untilDone.closeAudit.executeWithOptions({ summary: 'Close the audit trail' }, [closing]),
    { needed: true, endless: true },
  );
}
