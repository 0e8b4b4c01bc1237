import { isCancellation } from '@temporalio/workflow';
import type { Activities } from '../../activities';
import type { Credential } from '../../domain/credential';
import { planResponse, type ResponsePlan } from '../../domain/response-plan';
import type { IncidentInput, RotationTerms } from '../messages';
import { stepFailure, type StepFailure } from './failure-code';
import type { IncidentBoard } from './incident-board';
import type { PersonDesk } from './person-desk';

/** What the inventory and the worker know of it. `hasProvider` is missing in histories from before it was asked. */
export type Known = Pick<Awaited<ReturnType<Activities['loadCredential']>>, 'credential' | 'hasProvider'>;

/** One incident, as its stages see it. */
export interface Leak {
  readonly input: IncidentInput;
  readonly board: IncidentBoard;
  readonly desk: PersonDesk;
  readonly credential: Credential;
  /** The plan for what is known now: it changes when graver evidence comes. */
  readonly plan: () => ResponsePlan;
  /** The rotation that runs now. */
  rotation?: { readonly workflowId: string; readonly terms: RotationTerms } | undefined;
}

export function planNow(input: IncidentInput, board: IncidentBoard, { credential, hasProvider }: Known): ResponsePlan {
  return planResponse(credential, board.incident.evidence, input.policy, hasProvider);
}

/**
 * Does a step; when it can't be done, asks a person and does it again, for as long as it takes. The step is told which person, if any,
 * said to go on.
 */
export async function insist<T>(
  { desk }: Pick<Leak, 'desk'>,
  what: string,
  effect: (decidedBy: string | undefined) => Promise<T>,
  onFailure: (failure: StepFailure) => void = () => undefined,
): Promise<T> {
  let decidedBy: string | undefined;
  for (;;) {
    try {
      return await effect(decidedBy);
    } catch (error) {
      if (isCancellation(error)) throw error;
      const failure = stepFailure(error);
      onFailure(failure);
      decidedBy = await desk.ask(`Could not ${what}. ${failure.message}`);
    }
  }
}
