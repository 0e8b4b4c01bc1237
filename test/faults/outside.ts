import type { ApprovedAction, ApprovalDetail } from '../../domain/approval';
import {
  detectionSignal,
  extendOverlapUpdate,
  markFalsePositiveUpdate,
  type ExtendInput,
  type PersonInput,
} from '../../workflows/messages';
import { CRITICAL_SIGNAL } from '../support/recorded-scenarios';
import { approvalText } from './world/approval-text';

/** Something that somebody does to an incident from outside. */
export type Deed =
  | { readonly does: 'cancel' }
  | { readonly does: 'signal'; readonly name: string; readonly arg: unknown }
  | { readonly does: 'update'; readonly name: string; readonly arg: PersonInput };

/** What is done when a call is first made, in this order. */
export interface Outside {
  readonly when: string;
  readonly deeds: readonly Deed[];
}

/** How an incident is reached, on whichever server it runs. */
export interface Reach {
  cancel(): void | Promise<void>;
  signal(name: string, arg: unknown): void | Promise<void>;
  /** Resolves when it is taken or refused, not when it is done. */
  update(name: string, arg: PersonInput): void | Promise<void>;
}

/** Does what is to be done at this call. */
export async function doDeeds(outside: readonly Outside[], call: string, reach: Reach): Promise<void> {
  for (const deed of outside.filter(({ when }) => when === call).flatMap(({ deeds }) => deeds))
    await (deed.does === 'cancel' ? reach.cancel() : reach[deed.does](deed.name, deed.arg as PersonInput));
}

export const CANCELS: Deed = { does: 'cancel' };

export const GRAVER_EVIDENCE: Deed = { does: 'signal', name: detectionSignal.name, arg: CRITICAL_SIGNAL };

/** Seconds of real time on the server, where dependents have as few. */
const EXTENSION_SECONDS = 2;

export function saysNothingLeaked(actor: string): Deed {
  const arg = approved(actor, 'markFalsePositive', {});
  return { does: 'update', name: markFalsePositiveUpdate.name, arg };
}

export function givesMoreTime(actor: string): Deed {
  const detail = { seconds: EXTENSION_SECONDS };
  const arg: ExtendInput = { ...approved(actor, 'extendOverlap', detail), ...detail };
  return { does: 'update', name: extendOverlapUpdate.name, arg };
}

function approved(actor: string, action: ApprovedAction, detail: ApprovalDetail): PersonInput {
  return { actor, note: 'looked at it', approval: approvalText({ actor, action, detail }) };
}
