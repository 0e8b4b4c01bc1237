import { defineQuery, defineSignal, defineUpdate } from '@temporalio/workflow';
import { defineSearchAttributeKey } from '@temporalio/common';
import type { Credential } from '../domain/credential';
import type { Assessment, Detection } from '../domain/detection';
import type { Incident, IncidentEvent, Outcome } from '../domain/incident';
import type { Policy } from '../domain/policy';
import type { ResponsePlan } from '../domain/response-plan';

/** The task queue of the response workers. */
export const RESPONSE_TASK_QUEUE = 'tourniquet-response';

/** What starts an incident. Policy is pinned here: a change of it never reaches an incident that runs. */
export interface IncidentInput {
  readonly credentialId: string;
  readonly version: number;
  readonly assessment: Assessment;
  readonly policy: Policy;
  /** `detector`, or the person or program that asked. */
  readonly startedBy: string;
  /** An exercise: nothing leaked. The response is the real one, and everything it writes says so. */
  readonly simulated?: true;
}

/** Detections that joined since the last signal, coalesced by the dispatcher. */
export interface DetectionSignal {
  readonly latest: Detection;
  readonly assessment: Assessment;
  readonly count: number;
}

/** Whoever sends an update says who they are; it is audited. */
export interface PersonInput {
  readonly actor: string;
  readonly note: string;
}

/** Everything a person or a program may know of an incident. */
export interface IncidentView {
  readonly credentialId: string;
  readonly version: number;
  readonly startedBy: string;
  readonly incident: Incident;
  readonly credential?: Pick<Credential, 'provider' | 'ownerTeam' | 'enforcement'>;
  readonly plan?: ResponsePlan;
  readonly replacement?: number;
  readonly audiencesNotified: readonly string[];
  readonly simulated?: true;
}

export interface IncidentResult {
  readonly outcome: Outcome;
  readonly view: IncidentView;
}

/** How long dependents have, and what happens at the end of it. */
export interface RotationTerms {
  /** How long dependents have to move, in seconds. */
  readonly moveWithinSeconds: number;
  /** Whether to go on without dependents that did not move in time. */
  readonly goOnWithoutMissing: boolean;
}

export interface RotationInput extends RotationTerms {
  readonly incidentId: string;
  readonly incidentRunId: string;
  readonly credentialId: string;
  readonly version: number;
  readonly dependents: readonly string[];
  /** Which try of this incident it is: each has its own keys, so a rolled-back one is never continued. */
  readonly generation: number;
  /** Of an exercise. */
  readonly simulated?: true;
}

export interface RotationResult {
  readonly replacement: number;
  readonly replacedAt: number;
  readonly movedAt: number;
  readonly moved: readonly string[];
  /** Dependents that had not moved at the deadline. */
  readonly missing: readonly string[];
}

export const detectionSignal = defineSignal<[DetectionSignal]>('detection');
/** From a rotation to its incident: progress for the timeline. */
export const progressSignal = defineSignal<[IncidentEvent]>('progress');
/** From an incident to its rotation: graver evidence leaves dependents less time. */
export const hurrySignal = defineSignal<[RotationTerms]>('hurry');
export const stateQuery = defineQuery<IncidentView>('state');
export const retryStepUpdate = defineUpdate<string, [PersonInput]>('retryStep');
export const acknowledgeUpdate = defineUpdate<string, [PersonInput]>('acknowledge');
export const addNoteUpdate = defineUpdate<string, [PersonInput]>('addNote');

/** Search attributes are not encrypted: nothing sensitive goes here. */
export const SEARCH_ATTRIBUTES = {
  credential: defineSearchAttributeKey('TourniquetCredential', 'KEYWORD'),
  provider: defineSearchAttributeKey('TourniquetProvider', 'KEYWORD'),
  severity: defineSearchAttributeKey('TourniquetSeverity', 'KEYWORD'),
  stage: defineSearchAttributeKey('TourniquetStage', 'KEYWORD'),
  ownerTeam: defineSearchAttributeKey('TourniquetOwnerTeam', 'KEYWORD'),
  campaign: defineSearchAttributeKey('TourniquetCampaign', 'KEYWORD'),
} as const;
