import { WorkflowExecutionAlreadyStartedError } from '@temporalio/common';
import {
  continueAsNew,
  isCancellation,
  ParentClosePolicy,
  setCurrentDetails,
  sleep,
  startChild,
  workflowInfo,
} from '@temporalio/workflow';
import { incidentId } from '../domain/credential';
import { patientChecks } from './lib/activity-proxies';
import { stepFailure } from './lib/failure-code';
import { pauseBeforeCheck } from './lib/watch-pause';
import type { WatchInput, WatchResult } from './messages';
import { respondToLeak } from './respond-to-leak';

/** Looks of one run; then the watch goes on with a new history. */
const CHECKS_A_RUN = 100;

/**
 * After an incident has closed: looks for days whether what was ended stays ended, often at first. What works again is drift, and opens the
 * incident anew, with a graver beginning: refused to everybody at once. A look that could tell nothing is made again.
 */
export async function watchContainment(input: WatchInput): Promise<WatchResult> {
  const { credentialId, version, incident } = input;
  const step = {
    incidentId: incident,
    runId: workflowInfo().runId,
    credentialId,
    version,
  };
  for (let check = input.checks; ; check++) {
    const left = input.until - Date.now();
    if (left <= 0) return { checks: check, drift: undefined };
    setCurrentDetails(details(input, check));
    await sleep(Math.min(left, pauseBeforeCheck(check) * 1000), {
      summary: `Look again whether ${credentialId} v${version} is dead`,
    });
    const found = await look({
      ...step,
      stepKey: `${workflowInfo().firstExecutionRunId}/drift.${check}`,
      since: input.since,
    });
    if (found.drift !== undefined) {
      await reopen(input, found.drift);
      return { checks: check + 1, drift: found.drift };
    }
    if (check + 1 - input.checks >= CHECKS_A_RUN || workflowInfo().continueAsNewSuggested)
      await continueAsNew<typeof watchContainment>({ ...input, checks: check + 1 });
  }
}

type Look = Parameters<typeof patientChecks.checkDrift>[0];

async function look(step: Look): Promise<{ readonly drift?: string }> {
  try {
    return await patientChecks.checkDrift.executeWithOptions({ summary: 'Is it still dead, everywhere?' }, [step]);
  } catch (error) {
    if (isCancellation(error)) throw error;
    // "Could not tell" is neither dead nor alive: the next look is soon enough, and the activity says in the log what was wrong.
    return stepFailure(error).code === 'STILL_ALIVE' ? { drift: stepFailure(error).message } : {};
  }
}

/** The incident's own workflow does what there is to do; one that runs already will find the same. */
async function reopen({ credentialId, version, policy, replacement }: WatchInput, drift: string): Promise<void> {
  const reason = `drift after closing: ${drift}`.slice(0, 1000);
  try {
    await startChild(respondToLeak, {
      workflowId: incidentId(credentialId, version),
      workflowIdReusePolicy: 'ALLOW_DUPLICATE',
      parentClosePolicy: ParentClosePolicy.ABANDON,
      staticSummary: `critical: ${credentialId} v${version} works again`,
      staticDetails: reason,
      args: [
        {
          credentialId,
          version,
          policy,
          startedBy: 'watch',
          reopened: { replacement },
          assessment: {
            severity: 'critical',
            confidence: 1,
            families: ['listed'],
            deterministic: true,
            firstAbuseAt: Date.now(),
            reason,
          },
        },
      ],
    });
  } catch (error) {
    if (!(error instanceof WorkflowExecutionAlreadyStartedError)) throw error;
  }
}

function details({ credentialId, version, until, incident }: WatchInput, checks: number): string {
  return [
    `**Watching** ${credentialId} v${version}, which is revoked, until ${new Date(until).toISOString()}.`,
    '',
    `- ${checks} looks so far, all clean. Drift opens \`${incident}\` again.`,
  ].join('\n');
}
