import { CancelledFailure } from '@temporalio/common';
import { CancellationScope, isCancellation, patched } from '@temporalio/workflow';
import type { Outcome } from '../../domain/incident';
import { audiencesFor } from '../../domain/policy';
import { worksAt } from '../../domain/response-plan';
import type { IncidentResult } from '../messages';
import { close } from './close';
import { notices } from './activity-proxies';
import { EndsEarly } from './ends-early';
import { stepFailure } from './failure-code';
import { incidentStep } from './incident-step';
import { watchContained } from './keep-watch';
import { isPerhapsEnded, leftToMend, livingOn, type Leak } from './leak';
import { restore } from './restore';
import { tellEveryone } from './tell-everyone';

/**
 * The ends of a story that did not come to its own: a person said that nothing leaked, nobody answered, somebody wants no more of it, or the
 * workflow was cancelled. Only the first lifts the refusal. @throws what is none of these
 */
export async function endEarly(leak: Leak, error: unknown): Promise<IncidentResult> {
  leak.ending = true;
  if (leak.falsePositive) {
    try {
      const mend = [leftToMend(leak), ...livingOn(leak)].filter((text) => text !== undefined);
      const left = mend.length > 0 ? mend.join(' ') : undefined;
      const liftsLast = patched('lifts-last');
      const told = left ? leak.desk.tell(`After the false positive of ${leak.input.credentialId}: ${left}`) : undefined;
      // What is still being refused would be refused after the lift.
      await (liftsLast ? leak.refusing : told);
      const restored = await restore(leak, leak.falsePositive);
      const summary = left ? `${restored}; still to be mended: ${left}` : restored;
      // Nobody may hear last that it is refused.
      if (patched('restored-is-last')) await leak.firstNotice;
      if (patched('tell-restored')) await tellRestored(leak, summary);
      return await close(leak, 'false-positive-restored', summary);
    } catch (later) {
      return endEarly({ ...leak, falsePositive: undefined }, later);
    }
  }
  if (error instanceof EndsEarly) {
    const outcome = outcomeOf(leak);
    await watchContained(leak);
    await tellUnresolved(leak, `${error.why}. It ends ${outcome}.`);
    return close(leak, outcome, error.why);
  }
  // Terminating asks nobody; cancelling leaves the time to say that nobody looks after it any more.
  if (isCancellation(error) || leak.story.consideredCancelled) {
    await watchContained(leak);
    await CancellationScope.nonCancellable(() =>
      tellUnresolved(leak, 'Somebody cancelled the workflow of this incident.'),
    );
    // What was refused is recorded with what was known then, and more may have come since.
    if (leak.applied && patched('keeps-at-cancel')) await keepWhatCame(leak);
    // What could not be undone meanwhile is told above, and does not make it a failure of its own.
    throw isCancellation(error) ? error : new CancelledFailure('the incident was cancelled');
  }
  throw error;
}

/** Of an incident that was cancelled before it knew what it is about. */
export async function tellUnread({ input, board, desk }: Pick<Leak, 'input' | 'board' | 'desk'>): Promise<void> {
  const summary =
    'Somebody cancelled the workflow of this incident before the inventory could be read. This incident has NOT contained it; what was refused before stays refused. To go on, start the incident again.';
  await tellEveryone(input, board, { kind: 'unresolved', summary, audiences: desk.everybody() });
}

/** Those who were told that it is refused. */
async function tellRestored({ input, board }: Leak, why: string): Promise<void> {
  const summary = `Nothing leaked: version ${input.version} may be used again (${why}).`;
  await tellEveryone(input, board, { kind: 'restored', summary, audiences: audiencesFor(input.policy, 'contained') });
}

/** Nobody waits for it longer than a channel that is dead: people were told. */
async function keepWhatCame({ input, board }: Leak): Promise<void> {
  const step = { ...incidentStep(input, 'known.cancelled'), known: board.known() };
  await CancellationScope.nonCancellable(() =>
    notices.keepKnown.executeWithOptions({ summary: 'Keep what is known against it' }, [step]),
  ).catch((error: unknown) => {
    board.apply({ type: 'noted', at: Date.now(), note: `what came last is NOT kept: ${stepFailure(error).message}` });
  });
}

function outcomeOf(leak: Leak): Outcome {
  if (leftToMend(leak) !== undefined) return 'contained-rollback-incomplete';
  return leak.rolledBack ? 'contained-and-rolled-back' : 'contained-waiting-for-person';
}

async function tellUnresolved(leak: Leak, why: string): Promise<void> {
  const { input, board, desk, lifting, credential } = leak;
  const { contained, revoked, verified } = board.incident.milestones;
  const isContained = contained !== undefined;
  const left = leftToMend(leak);
  const loose = leak.loose ? ' It is refused less than was to follow from the last evidence.' : '';
  const works = revoked === undefined ? worksAt(leak.applied, credential, isPerhapsEnded(leak)) : undefined;
  const stays =
    works === undefined ? 'The version stays refused.' : `The gateways go on refusing the version. ${works}`;
  const refused = isContained ? `${stays}${loose}` : 'This incident has NOT contained it.';
  const standing = lifting ? 'Its refusal was being lifted: look whether it is refused still.' : refused;
  const asksFirst = leak.plan().issuedByPerson === true && leak.newer === undefined;
  const next =
    verified !== undefined
      ? `It is revoked and proven dead; version ${board.replacement} replaces it. Nothing but its closing was left.`
      : revoked !== undefined
        ? `It is revoked, and NOT proven dead: start the incident again, and it ${asksFirst ? 'asks for another value, and then goes' : 'goes'} on with the proof.`
        : 'To go on, start the incident again.';
  const served = [...(leak.keptIsDead ? [] : (leak.kept?.users ?? [])), ...(leak.elsewhere ?? [])];
  const { unserved = credential.dependents.map(({ id }) => id).filter((id) => !served.includes(id)) } = leak;
  const without =
    unserved.length > 0 ? [`These dependents have no replacement that works: ${unserved.join(', ')}.`] : [];
  const summary = [why, standing, ...without, ...livingOn(leak), ...(left ? [left] : []), next].join(' ');
  board.apply({ type: 'noted', at: Date.now(), note: summary });
  await tellEveryone(input, board, { kind: 'unresolved', summary, audiences: desk.everybody() });
}
