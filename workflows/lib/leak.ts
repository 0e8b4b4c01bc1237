import { CancellationScope, isCancellation } from '@temporalio/workflow';
import type { Activities } from '../../activities';
import type { Credential } from '../../domain/credential';
import type { Assessment } from '../../domain/detection';
import { escalationFor } from '../../domain/policy';
import { askedToRevoke, planForDead, planResponse, type ResponsePlan } from '../../domain/response-plan';
import type { Asked, IncidentInput, RotationTerms } from '../messages';
import { EndsEarly } from './ends-early';
import { stepFailure, type StepFailure } from './failure-code';
import type { IncidentBoard } from './incident-board';
import type { PersonDesk } from './person-desk';

/** What the inventory and the worker know of it. `hasProvider` is missing in histories from before it was asked. */
export type Known = Pick<
  Awaited<ReturnType<Activities['loadCredential']>>,
  'credential' | 'version' | 'hasProvider' | 'canQuarantine' | 'canMint' | 'newer'
>;

/** A rotation that runs. */
export interface Rotating {
  readonly workflowId: string;
  readonly generation: number;
  readonly terms: RotationTerms;
  /** Tells people when half of the time for dependents is over. */
  readonly warnings: CancellationScope;
}

/** A rotation that somebody ended from outside before it could undo itself. */
export interface CutShort {
  readonly runId: string;
  /** What people are told of it. */
  readonly text: string;
}

/** A version that lives on after a rotation that failed, and who works on it. */
export interface Kept {
  readonly version: number;
  readonly users: readonly string[];
}

/** One incident, as its stages see it. */
export interface Leak {
  readonly input: IncidentInput;
  readonly board: IncidentBoard;
  readonly desk: PersonDesk;
  /** As it was registered when it was last looked up. */
  credential: Credential;
  /** The plan for what is known now: it changes when graver evidence comes. */
  readonly plan: () => ResponsePlan;
  /** A later version that lives, minted before this incident began: dependents go there, and nothing is minted besides. */
  newer?: number | undefined;
  /** Whether it was refused, or revoked, before this run began. */
  readonly wasRefused?: boolean;
  /** Whether incidents of real leaks knew something against it, so that it is refused for one: what an exercise knows is not kept. */
  readonly wasKnown?: boolean;
  /** What runs from the refusal to the proof; cancelled when a person says that nothing leaked. */
  readonly story: CancellationScope;
  /** The plan by which it is refused; missing while nothing is. */
  applied?: ResponsePlan;
  /** Until when known contexts may still use it, as it is listed; missing while that is not known. */
  laneUntil?: number | undefined;
  /** What is being refused besides, since graver evidence; never rejects. */
  refusing?: Promise<unknown>;
  /** While what is refused is less than that plan says. */
  loose?: boolean;
  /** How often it was refused once more, after somebody had undone it. */
  refusedAgain?: number;
  /** A replacement that the last rotation did not take back, since it is in use. */
  kept?: Kept | undefined;
  /** What is kept was found dead since: who was left on it has nothing. */
  keptIsDead?: boolean;
  /** Those that a rotation which failed has left on a later version. */
  notBack?: readonly string[] | undefined;
  /** Those that the last rotation's undo left where another incident may have moved them. */
  elsewhere?: readonly string[] | undefined;
  /** Versions that lived before and were adopted, and on which a wave did not work: the next try mints another. */
  unfit?: readonly number[];
  /** Versions that a person gave, and that do not work: nobody is moved to them. */
  leftOut?: readonly number[];
  /** The last of the unfit, and who used it before anybody was moved to it. */
  unfitUse?: Kept | undefined;
  /** The last version that lived when it was last looked. */
  lastLive?: number | undefined;
  /** The rotation that runs now. */
  rotation?: Rotating | undefined;
  /** Known to this incident and its rotation only; missing where that began before there was one. */
  token?: string | undefined;
  /** How many rotations were begun. */
  rotations: number;
  /** By how much people gave dependents longer, in all, since the plan last became graver. */
  extendedSeconds?: number;
  /** How often they did. */
  extensions?: number;
  /** Whether the last rotation failed and was undone. */
  rolledBack?: boolean;
  /** Dependents that have no replacement that works; missing while there is none, and so for all of them. */
  unserved?: readonly string[];
  /** What could not be undone of any rotation. */
  notUndone?: string;
  /** Until another rotation has taken up what that one left. */
  cutShort?: CutShort | undefined;
  /** From the moment at which the one-way door may have been passed: nothing is restored any more. */
  atTheDoor?: boolean;
  /** It is being closed: its course is not changed any more. */
  ending?: boolean;
  /** That it is refused: over when everybody has heard it, or could not be told. */
  firstNotice?: Promise<unknown>;
  /** Who said, with a signed approval, that nothing leaked. */
  falsePositive?: { readonly actor: string; readonly note: string } | undefined;
  /** Evidence came after that was said, or during an exercise, and people know. */
  doubted?: boolean;
  /** It was to be ended before anything replaces it, and that could not be done, or nobody knows that it was. */
  endFailed?: boolean;
  /** People know that it could not be. */
  toldEndFailed?: boolean;
  /** What whoever had to be asked has said to ending it before anything replaces it; missing while nobody was asked. */
  mayEndFirst?: boolean;
  /** Whether the refusal may have been lifted. */
  lifting?: boolean;
  /** When that was to begin, milliseconds since the epoch. */
  liftingSince?: number;
}

export function planNow(
  input: Pick<IncidentInput, 'policy' | 'reopened'>,
  evidence: Assessment,
  { credential, version, hasProvider, canQuarantine, canMint }: Known,
): ResponsePlan {
  const planned = planResponse(credential, evidence, input.policy, { hasProvider, canQuarantine, canMint });
  const plan = version.knownAgainst?.spared ? askedToRevoke(planned) : planned;
  if (input.reopened) return planForDead(plan, 'works again');
  return version.state === 'revoked' ? planForDead(plan, 'unproven') : plan;
}

/** Whether it may have been ended where it was issued: by an attempt of ours that gave no answer, or, since it was refused before this run, by a person. */
export function isPerhapsEnded({ atTheDoor, wasRefused }: Pick<Leak, 'atTheDoor' | 'wasRefused'>): boolean {
  return atTheDoor === true || wasRefused === true;
}

/** Who is registered as using it, by name, for people. */
export function usersOf({ dependents }: Pick<Credential, 'dependents'>): string {
  return dependents.map(({ id }) => id).join(', ') || 'nobody known';
}

/** What people must still mend, in one text; undefined when there is nothing. */
export function leftToMend({ notUndone, cutShort }: Pick<Leak, 'notUndone' | 'cutShort'>): string | undefined {
  const left = [notUndone, cutShort?.text].filter((text) => text !== undefined);
  return left.length > 0 ? left.join(' ') : undefined;
}

/** Versions that work though no rotation ended well with them. */
export function livingOn({
  kept,
  keptIsDead,
  elsewhere = [],
  unfit = [],
}: Pick<Leak, 'kept' | 'keptIsDead' | 'elsewhere' | 'unfit'>): readonly string[] {
  return [
    ...(kept && !keptIsDead ? [`Version ${kept.version} is kept, in use by ${kept.users.join(', ')}.`] : []),
    ...(kept && keptIsDead ? [`Version ${kept.version} is dead, and was last used by ${kept.users.join(', ')}.`] : []),
    ...(elsewhere.length > 0
      ? [`Another incident may have moved these, which were left where they are: ${elsewhere.join(', ')}.`]
      : []),
    ...unfit.map((version) => `Version ${version} lives, and dependents did not work on it.`),
  ];
}

interface Insistence<T> {
  readonly onFailure?: (failure: StepFailure) => void;
  /** What the step gives when a person skips it. Without it, skipping ends the incident. */
  readonly skipped?: () => T;
  /** A failure that is not for a person: it goes on up. */
  readonly givesUpOn?: string;
  /** Nobody may skip it. */
  readonly needed?: boolean;
  /** Says that the question whether to try again has answered itself. */
  readonly settled?: () => boolean;
  /** For what an end would misstate, such as a record that is missing or a proof: silence never ends it. */
  readonly endless?: boolean;
  /** Before it ends because a person said no. */
  readonly onNo?: (why: string) => Promise<void>;
  /** For what must be done before an incident may be closed. */
  readonly renew?: (asked: Asked) => Promise<never>;
}

/**
 * Does a step; when it can't be done, asks a person and does it again, for as long as it takes. The step is told which person, if any,
 * said to go on and proved who they are. @throws EndsEarly when a person skips what can't be left out, or nobody answers
 */
export async function insist<T>(
  { desk, input, credential }: Pick<Leak, 'desk' | 'input' | 'credential'>,
  what: string,
  effect: (decidedBy: string | undefined) => Promise<T>,
  { onFailure, onNo, skipped, needed = false, givesUpOn, renew, settled, endless = false }: Insistence<T> = {},
): Promise<T> {
  const ladder = desk.ladder();
  const tryAgain = escalationFor(input.policy, credential).onSilence.failedStep === 'try-again';
  let decidedBy: string | undefined;
  for (;;) {
    try {
      return await effect(decidedBy);
    } catch (error) {
      if (isCancellation(error) || error instanceof EndsEarly) throw error;
      const failure = stepFailure(error);
      if (failure.code === givesUpOn) throw error;
      onFailure?.(failure);
      // Whoever cancelled it is asked nothing.
      if (CancellationScope.current().consideredCancelled) throw error;
      // Past its budget nothing irreversible is done by itself, however often it is tried.
      const isSpent = failure.code === 'ACTION_BUDGET_SPENT';
      const answer = await desk.ask({
        kind: isSpent ? 'revoke' : needed ? 'needed-step' : 'failed-step',
        text: `Could not ${what}. ${failure.message}`,
        ladder,
        tryAgain: tryAgain && !isSpent,
        ...(renew ? { renew } : {}),
        ...(settled ? { settled } : {}),
        endless,
      });
      if (answer.decision === 'skip' && skipped) return skipped();
      if (answer.decision !== 'go-on') {
        const why = `${answer.by ?? 'somebody'} said not to ${what}`;
        await onNo?.(why);
        throw new EndsEarly(why);
      }
      decidedBy = answer.approved ? answer.by : undefined;
    }
  }
}
