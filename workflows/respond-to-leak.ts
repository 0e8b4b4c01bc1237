import { CancellationScope, isCancellation, patched } from '@temporalio/workflow';
import { audiencesFor, escalationFor } from '../domain/policy';
import { worksAt } from '../domain/response-plan';
import { askBeforeContaining } from './lib/ask-before-containing';
import { close } from './lib/close';
import { containLeak } from './lib/contain-leak';
import { Decisions } from './lib/decisions';
import { endEarly, tellUnread } from './lib/end-early';
import { proveDead, revokeLeaked } from './lib/end-leaked';
import { handOver } from './lib/hand-over';
import { IncidentBoard } from './lib/incident-board';
import { runStep } from './lib/incident-step';
import { isPerhapsEnded, leftToMend, planNow, type Leak } from './lib/leak';
import { keepWatch } from './lib/keep-watch';
import { listenToEvents } from './lib/listen-to-events';
import { listenToPeople } from './lib/listen-to-people';
import { lookUp } from './lib/look-up';
import { PersonDesk } from './lib/person-desk';
import { replacedBefore, replaceLeaked } from './lib/replace-leaked';
import { steer } from './lib/steering';
import { tellEveryone } from './lib/tell-everyone';
import type { IncidentInput, IncidentResult, RotationResult } from './messages';

/**
 * The answer to one leaked secret version, in order: refuse it, tell people, replace it, revoke it, prove it dead, tell people,
 * close. A step that can't be done asks a person and waits; nothing that fails ever lifts the refusal. Graver evidence tightens
 * the refusal at once and changes the plan of what is still to come.
 */
export async function respondToLeak(input: IncidentInput): Promise<IncidentResult> {
  const leak = await open(input);
  try {
    return await leak.story.run(() => answer(leak));
  } catch (error) {
    return endEarly(leak, error);
  }
}

async function answer(leak: Leak): Promise<IncidentResult> {
  await askBeforeContaining(leak);
  await containLeak(leak);
  const firstNotice = tellContained(leak);
  leak.firstNotice = firstNotice;
  if (leak.plan().leftToPerson) {
    await firstNotice;
    return close(leak, 'contained-and-handed-over', await handOver(leak));
  }
  const replaced = leak.input.reopened ? replacedBefore(leak, leak.input.reopened) : await replaceLeaked(leak);
  if (leak.board.incident.milestones.revoked === undefined) await revokeLeaked(leak, replaced);
  const { rotation, proof } = await proveDead(leak, replaced);
  // Whatever holds up the telling, somebody looks after it from now on; a watch that is cancelled with its incident would be none.
  const watched = patched('watch-at-once');
  if (watched) await CancellationScope.nonCancellable(() => keepWatch(leak, rotation.replacement));
  await firstNotice;
  await tellRecovered(leak, rotation, proof);
  if (!watched) await keepWatch(leak, rotation.replacement);
  const left = leftToMend(leak);
  return close(leak, 'recovered', `proof ${proof}${left ? `; still to be mended: ${left}` : ''}`);
}

/** Listens from the first moment: evidence and people come while the credential is still being looked up. */
async function open(input: IncidentInput): Promise<Leak> {
  const board = new IncidentBoard(input);
  const known: { leak?: Leak } = {};
  const decisions = new Decisions(board, (name) => runStep(input, name));
  const desk = new PersonDesk({
    board,
    page: async (question, number, audiences) =>
      void (await tellEveryone(input, board, { kind: 'person-needed', summary: question, audiences, round: number })),
    escalation: () => escalationFor(input.policy, board.credential ?? nobodys(input)),
    remindEverySeconds: input.policy.escalateEverySeconds,
    asked: input.renewed?.asked,
  });
  listenToEvents(board, () => known.leak);
  listenToPeople({ board, desk, decisions });
  steer({ board, decisions }, () => known.leak);

  const found = await lookUp(input, desk).catch(async (error: unknown) => {
    if (isCancellation(error)) await tellUnread({ input, board, desk });
    throw error;
  });
  const { credential } = found;
  if (board.recall(found.version.knownAgainst) && patched('keeps-judgement')) await decisions.keep();
  const isRevoked = found.version.state === 'revoked';
  known.leak = {
    input,
    board,
    desk,
    credential,
    plan: () => planNow(input, board.incident.evidence, found),
    newer: found.newer,
    wasRefused: isRevoked || found.version.state === 'quarantined',
    wasKnown: found.version.knownAgainst !== undefined,
    // What is revoked is never enabled again; that it works again, or may, is why there is an incident of it.
    ...(isRevoked ? { atTheDoor: true, endFailed: true, mayEndFirst: true } : {}),
    story: new CancellationScope(),
    rotations: 0,
    // Their replacement came with the incident before.
    ...(input.reopened ? { unserved: [] } : {}),
  };
  board.describe(credential, known.leak.plan());
  return known.leak;
}

/** What the policy can be asked about before it is known whose it is. */
function nobodys({ credentialId }: IncidentInput) {
  return { id: credentialId, provider: 'unknown', ownerTeam: 'unknown' };
}

function tellContained(leak: Leak): Promise<unknown> {
  const { input, board, plan, credential } = leak;
  const { quarantine, expectedGap } = plan();
  // A watch has just seen it work.
  const mayBeEnded = input.startedBy !== 'watch' && isPerhapsEnded(leak);
  const works = worksAt(plan(), credential, mayBeEnded);
  const summary = `It is refused (${quarantine.mode}, by the ${quarantine.enforcedBy}).${works ? ` ${works}` : ''} ${expectedGap}`;
  const audiences = audiencesFor(input.policy, 'contained');
  return tellEveryone(input, board, { kind: 'contained', summary, audiences, mayBeEnded });
}

async function tellRecovered(leak: Leak, rotation: RotationResult, proof: string): Promise<void> {
  const { input, board } = leak;
  const left = leftToMend(leak);
  const missing = rotation.missing.length > 0 ? ` NOT moved: ${rotation.missing.join(', ')}.` : '';
  const summary = `Version ${input.version} is revoked and verified dead (${proof}); version ${rotation.replacement} replaces it.${missing}${left ? ` Still to be mended: ${left}` : ''}`;
  const audiences = audiencesFor(input.policy, 'resolved');
  const toMend = missing !== '' || left !== undefined;
  const { at, told } = await tellEveryone(input, board, { kind: 'resolved', summary, audiences, toMend });
  board.apply({ type: 'notified', at, note: `told: ${told.join(', ') || 'nobody'}` });
}
