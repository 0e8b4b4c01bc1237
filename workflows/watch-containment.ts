import { WorkflowExecutionAlreadyStartedError } from '@temporalio/common';
import {
  continueAsNew,
  isCancellation,
  ParentClosePolicy,
  patched,
  setCurrentDetails,
  sleep,
  startChild,
  workflowInfo,
} from '@temporalio/workflow';
import { incidentId } from '../domain/credential';
import type { Drift } from '../activities/drift';
import { notices, patientChecks } from './lib/activity-proxies';
import { pauseBeforeCheck } from './lib/watch-pause';
import { SEARCH_ATTRIBUTES, type WatchInput, type WatchResult } from './messages';
import { respondToLeak } from './respond-to-leak';

/** So many looks in a row that could tell nothing are told. */
const TELL_AFTER_UNCLEAR = 3;

/** Looks of one run; then the watch goes on with a new history. */
const CHECKS_A_RUN = 100;

/**
 * After an incident has closed: looks for days whether what was ended stays ended, or what was refused stays refused, often at first. What works
 * again is drift, and opens the incident anew, with a graver beginning: refused to everybody at once. A look that could tell nothing is made again.
 */
export async function watchContainment(input: WatchInput): Promise<WatchResult> {
  const { credentialId, version, incident } = input;
  const step = { incidentId: incident, runId: workflowInfo().runId, credentialId, version };
  let unclear = input.unclear ?? 0;
  let owed = input.owed ?? false;
  for (let check = input.checks; ; check++) {
    const left = input.until - Date.now();
    if (left <= 0) {
      // Nobody looks again: what the last looks could not tell must be known.
      const isUntold = owed || (unclear > 0 && unclear < TELL_AFTER_UNCLEAR);
      if (isUntold && patched('tell-until-heard')) await tellUnclear(input, `${keyOf(check)}/unclear`, unclear);
      return { checks: check, drift: undefined, unclear };
    }
    setCurrentDetails(details(input, check, unclear));
    await sleep(Math.min(left, pauseBeforeCheck(check) * 1000), {
      summary: `Look again whether ${credentialId} v${version} is ${stateOf(input)}`,
    });
    const key = keyOf(check);
    const about = input.contained ? { contained: input.contained } : {};
    const found = await look({ ...step, stepKey: key, since: input.since, ...about });
    if (found?.isOver) return { checks: check + 1, drift: undefined, unclear: 0 };
    if (found?.drift !== undefined) {
      // One that is just being closed looks no more: it is looked again.
      if (await reopen(input, found)) return { checks: check + 1, drift: found.drift, unclear };
    }
    unclear = found ? 0 : unclear + 1;
    const isDue = unclear === TELL_AFTER_UNCLEAR || (owed && unclear > 0 && patched('tell-until-heard'));
    if (isDue) owed = !(await tellUnclear(input, `${key}/unclear`, unclear));
    else owed &&= unclear > 0;
    if (check + 1 - input.checks >= CHECKS_A_RUN || workflowInfo().continueAsNewSuggested)
      await continueAsNew<typeof watchContainment>({ ...input, checks: check + 1, unclear, owed });
  }
}

function keyOf(check: number): string {
  return `${workflowInfo().firstExecutionRunId}/drift.${check}`;
}

function stateOf({ contained }: Pick<WatchInput, 'contained'>): string {
  return contained ? 'refused' : 'dead';
}

type Look = Parameters<typeof patientChecks.checkDrift>[0];

/** Undefined when it could not tell: neither dead nor alive. */
async function look(step: Look): Promise<Drift | undefined> {
  try {
    const summary = step.contained ? 'Is it still refused at its provider?' : 'Is it still dead, everywhere?';
    return await patientChecks.checkDrift.executeWithOptions({ summary }, [step]);
  } catch (error) {
    if (isCancellation(error)) throw error;
    return undefined;
  }
}

/** A watch that sees nothing is none, and somebody must know. Resolves to whether anybody was told. */
async function tellUnclear(input: WatchInput, stepKey: string, unclear: number): Promise<boolean> {
  const { credentialId, version, incident } = input;
  const notice = {
    kind: 'unresolved' as const,
    provider: 'unknown',
    ownerTeam: 'unknown',
    severity: 'high' as const,
    reason: `the watch could not tell whether it is still ${stateOf(input)}`,
    summary: `${unclear === 1 ? 'The last look' : `${unclear} looks in a row`} could not tell whether version ${version} of ${credentialId} is still ${stateOf(input)}.`,
  };
  const step = { incidentId: incident, runId: workflowInfo().runId, credentialId, version, stepKey };
  try {
    await notices.notifyAudience.executeWithOptions({ summary: 'Tell security: nothing can be seen' }, [
      { ...step, audience: 'security', notice },
    ]);
    return true;
  } catch (error) {
    // A dead channel must not end the watch: it is told after the next look.
    if (isCancellation(error)) throw error;
    return false;
  }
}

/** The incident's own workflow does what there is to do. Resolves to whether it was opened: while one runs it can't be. */
async function reopen(
  { credentialId, version, policy, replacement }: WatchInput,
  { drift, control, isContained }: Drift,
): Promise<boolean> {
  const reason = `drift after closing: ${drift}`.slice(0, 1000);
  // What was never replaced has all of it still to come.
  const reopened = isContained ? {} : { reopened: { replacement: control ?? replacement } };
  try {
    await startChild(respondToLeak, {
      workflowId: incidentId(credentialId, version),
      workflowIdReusePolicy: 'ALLOW_DUPLICATE',
      parentClosePolicy: ParentClosePolicy.ABANDON,
      staticSummary: `critical: ${credentialId} v${version} works again`,
      staticDetails: reason,
      typedSearchAttributes: [
        { key: SEARCH_ATTRIBUTES.credential, value: credentialId },
        { key: SEARCH_ATTRIBUTES.severity, value: 'critical' },
        { key: SEARCH_ATTRIBUTES.stage, value: 'opened' },
      ],
      args: [
        {
          credentialId,
          version,
          policy,
          startedBy: 'watch',
          ...reopened,
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
    return true;
  } catch (error) {
    if (!(error instanceof WorkflowExecutionAlreadyStartedError)) throw error;
    return false;
  }
}

function details(
  { credentialId, version, until, incident, contained }: WatchInput,
  checks: number,
  unclear: number,
): string {
  return [
    `**Watching** ${credentialId} v${version}, which is ${contained ? 'refused' : 'revoked'}, until ${new Date(until).toISOString()}.`,
    '',
    `- ${checks} looks so far, no drift. Drift opens \`${incident}\` again.`,
    ...(unclear > 0 ? [`- **The last ${unclear} could not tell.**`] : []),
  ].join('\n');
}
