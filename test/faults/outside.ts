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
  | { readonly does: 'end-rotation'; readonly how: RotationEnd }
  | { readonly does: 'begin-anew' }
  | { readonly does: 'signal'; readonly name: string; readonly arg: unknown }
  | { readonly does: 'update'; readonly name: string; readonly arg: PersonInput };

/** How somebody ends a rotation by itself, as the Temporal Web UI lets them. */
export type RotationEnd = 'cancel' | 'terminate';

/** What is done when a call is first made, in this order. */
export interface Outside {
  readonly when: string;
  readonly deeds: readonly Deed[];
}

/** How an incident is reached, on whichever server it runs. */
export interface Reach {
  cancel(): void | Promise<void>;
  /** Nothing, where none runs. */
  endRotation(how: RotationEnd): void | Promise<void>;
  /** Terminates the incident, and starts it again. */
  beginAnew(): void | Promise<void>;
  signal(name: string, arg: unknown): void | Promise<void>;
  /** Resolves when it is taken or refused, not when it is done. */
  update(name: string, arg: PersonInput): void | Promise<void>;
}

/** Does what is to be done at this call. */
export async function doDeeds(outside: readonly Outside[], call: string, reach: Reach): Promise<void> {
  for (const deed of outside.filter(({ when }) => when === call).flatMap(({ deeds }) => deeds))
    await doDeed(deed, reach);
}

function doDeed(deed: Deed, reach: Reach): void | Promise<void> {
  switch (deed.does) {
    case 'cancel':
      return reach.cancel();
    case 'end-rotation':
      return reach.endRotation(deed.how);
    case 'begin-anew':
      return reach.beginAnew();
    case 'signal':
      return reach.signal(deed.name, deed.arg);
    case 'update':
      return reach.update(deed.name, deed.arg);
  }
}

export const CANCELS: Deed = { does: 'cancel' };

export const BEGINS_ANEW: Deed = { does: 'begin-anew' };

export function endsRotation(how: RotationEnd): Deed {
  return { does: 'end-rotation', how };
}

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
