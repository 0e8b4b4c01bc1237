import { continueAsNew, isCancellation, patched, setCurrentDetails, sleep, workflowInfo } from '@temporalio/workflow';
import type { Drift } from '../activities/drift';
import { notices, patientChecks } from './lib/activity-proxies';
import { askToRefuseAgain, reopenIncident } from './lib/reopen-incident';
import { pauseBeforeCheck } from './lib/watch-pause';
import type { Blocked, WatchInput, WatchResult } from './messages';

/** So many looks in a row that could tell nothing are told. */
const TELL_AFTER_UNCLEAR = 3;

/** So many looks in a row that found it working, though its incident runs, are told. */
const TELL_WHEN_BLOCKED = 2;

/** Looks of one run; then the watch goes on with a new history. */
const CHECKS_A_RUN = 100;

/**
 * After an incident has closed: looks for days whether what was ended stays ended, or what was refused stays refused, often at first. What works
 * again is drift, and opens the incident anew: what was dead as a graver one, refused to everybody at once. While an incident runs, that one refuses it
 * again. A look that could tell nothing is made again.
 */
export async function watchContainment(input: WatchInput): Promise<WatchResult> {
  const { credentialId, version, incident, simulated } = input;
  const marked = simulated ? { simulated } : {};
  const step = { incidentId: incident, runId: workflowInfo().runId, credentialId, version, ...marked };
  let unclear = input.unclear ?? 0;
  let owed = input.owed ?? false;
  let { blocked } = input;
  for (let check = input.checks; ; check++) {
    const left = input.until - Date.now();
    if (left <= 0) {
      // Nobody looks again: what the last looks could not tell must be known.
      const isUntold = owed || (unclear > 0 && unclear < TELL_AFTER_UNCLEAR);
      if (isUntold && patched('tell-until-heard')) await tellUnclear(input, `${keyOf(check)}/unclear`, unclear);
      if (blocked && blocked.looks < TELL_WHEN_BLOCKED && patched('refuse-again'))
        await tellBlocked(input, `${keyOf(check)}/open`, blocked);
      return { checks: check, drift: blocked?.drift, unclear };
    }
    setCurrentDetails(details(input, check, unclear, blocked));
    await sleep(Math.min(left, pauseBeforeCheck(check) * 1000), {
      summary: `Look again whether ${credentialId} v${version} is ${stateOf(input)}`,
    });
    const key = keyOf(check);
    const { contained, maybeRevoked } = input;
    const about = { ...(contained ? { contained } : {}), ...(maybeRevoked ? { maybeRevoked } : {}) };
    const found = await look({ ...step, stepKey: key, since: input.since, ...about });
    if (found?.isOver) return { checks: check + 1, drift: undefined, unclear: 0 };
    if (found?.drift !== undefined) {
      // One that is just being closed looks no more: it is looked again.
      if (await reopenIncident(input, found)) return { checks: check + 1, drift: found.drift, unclear };
      blocked = await whileOneRuns(input, { drift: found.drift, looks: (blocked?.looks ?? 0) + 1 }, `${key}/open`);
    } else if (found) blocked = undefined;
    unclear = found ? 0 : unclear + 1;
    const isDue = unclear === TELL_AFTER_UNCLEAR || (owed && unclear > 0 && patched('tell-until-heard'));
    if (isDue) owed = !(await tellUnclear(input, `${key}/unclear`, unclear));
    else owed &&= unclear > 0;
    if (check + 1 - input.checks >= CHECKS_A_RUN || workflowInfo().continueAsNewSuggested)
      await continueAsNew<typeof watchContainment>({ ...input, checks: check + 1, unclear, owed, blocked });
  }
}

/** The incident that runs refuses it again; what works at the next look all the same is told to people. */
async function whileOneRuns(input: WatchInput, blocked: Blocked, stepKey: string): Promise<Blocked> {
  if (!patched('refuse-again')) return blocked;
  await askToRefuseAgain(input, blocked.drift);
  if (blocked.looks !== TELL_WHEN_BLOCKED) return blocked;
  return (await tellBlocked(input, stepKey, blocked)) ? blocked : { ...blocked, looks: blocked.looks - 1 };
}

function tellBlocked(input: WatchInput, stepKey: string, { drift }: Blocked): Promise<boolean> {
  const { credentialId, version, incident } = input;
  return tellSecurity(input, stepKey, {
    reason: 'it works again, while its incident is open',
    summary: `Version ${version} of ${credentialId} works again: ${drift}. Its incident ${incident} is open and was asked to refuse it again; whether it has is not known. Refuse it where it is issued, or cancel that incident: it is then looked after anew.`,
  });
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
function tellUnclear(input: WatchInput, stepKey: string, unclear: number): Promise<boolean> {
  const { credentialId, version } = input;
  return tellSecurity(input, stepKey, {
    reason: `the watch could not tell whether it is still ${stateOf(input)}`,
    summary: `${unclear === 1 ? 'The last look' : `${unclear} looks in a row`} could not tell whether version ${version} of ${credentialId} is still ${stateOf(input)}.`,
  });
}

async function tellSecurity(
  { credentialId, version, incident, simulated }: WatchInput,
  stepKey: string,
  text: { readonly reason: string; readonly summary: string },
): Promise<boolean> {
  const marked = simulated ? { simulated } : {};
  const notice = {
    kind: 'unresolved' as const,
    provider: 'unknown',
    ownerTeam: 'unknown',
    severity: 'high' as const,
    ...text,
    ...marked,
  };
  const step = { incidentId: incident, runId: workflowInfo().runId, credentialId, version, stepKey, ...marked };
  try {
    await notices.notifyAudience.executeWithOptions({ summary: `Tell security: ${text.reason}` }, [
      { ...step, audience: 'security', notice },
    ]);
    return true;
  } catch (error) {
    // A dead channel must not end the watch: it is told after the next look.
    if (isCancellation(error)) throw error;
    return false;
  }
}

function details(
  { credentialId, version, until, incident, contained }: WatchInput,
  checks: number,
  unclear: number,
  blocked: Blocked | undefined,
): string {
  const found = blocked ? `**It works again, while \`${incident}\` runs** (${blocked.drift}).` : 'no drift.';
  return [
    `**Watching** ${credentialId} v${version}, which is ${contained ? 'refused' : 'revoked'}, until ${new Date(until).toISOString()}.`,
    '',
    `- ${checks} looks so far, ${found} Drift opens \`${incident}\` again.`,
    ...(unclear > 0 ? [`- **The last ${unclear} could not tell.**`] : []),
  ].join('\n');
}
