import { defineQuery, defineSignal, defineUpdate } from '@temporalio/workflow';
import { defineSearchAttributeKey } from '@temporalio/common';
import type { Credential } from '../domain/credential';
import type { Assessment, Detection } from '../domain/detection';
import type { Incident, IncidentEvent, Judged, OpenQuestion, Outcome, TimelineEntry } from '../domain/incident';
import type { Policy } from '../domain/policy';
import type { Severity } from '../domain/severity';
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
  /** Closed before, and found working again: it has been replaced already. */
  readonly reopened?: { readonly replacement: number };
  /** By a watch: the assessment is what its own incident knew. */
  readonly handedOver?: true;
  /** Of an incident that waited so long before it was contained that it went on with a new history. */
  readonly renewed?: Renewed;
  /** An exercise: nothing leaked. The response is the real one, and everything it writes says so. */
  readonly simulated?: true;
}

/** How far one question to people has come. */
export interface Asked {
  /** When it was asked first, milliseconds since the epoch. */
  readonly since: number;
  readonly pages: number;
  readonly acknowledged: boolean;
}

export interface Renewed {
  readonly asked: Asked;
  /** Somebody, or something, has answered that it is to be contained. */
  readonly mayContain?: true;
  /** What a person has judged to be less grave (domain/incident.ts). */
  readonly judged?: Judged;
  /** The gravest that detectors had said. */
  readonly assessed?: Severity;
  /** A person has said not to revoke it. */
  readonly spared?: true;
  /** It was high before a person called it less. */
  readonly wasHigh?: true;
}

/** What is watched after an incident has closed. */
export interface WatchInput {
  readonly credentialId: string;
  readonly version: number;
  readonly policy: Policy;
  /** The incident's workflow id. */
  readonly incident: string;
  /** The version that took its place: the control of every look. */
  readonly replacement: number;
  /** Since when it has been dead, or refused, milliseconds since the epoch: accepted use since then is drift. */
  readonly since: number;
  /** Its incident ended before it was revoked, or before that was proven. */
  readonly contained?: true;
  /** It was being revoked, and nobody knows whether it was; known contexts might still use it. */
  readonly maybeRevoked?: true;
  /** What that incident knew: opened again, it may do no more by itself than before. Missing in what was started before it was given. */
  readonly evidence?: Assessment;
  /** It was an exercise. */
  readonly simulated?: true;
  /** When the watch ends, milliseconds since the epoch. */
  readonly until: number;
  /** Looks made by earlier runs, and how many of the last could tell nothing. */
  readonly checks: number;
  readonly unclear?: number;
  /** That they could tell nothing is not told yet: no channel took it. */
  readonly owed?: boolean;
  /** What the last of them found, while an incident ran. */
  readonly blocked?: Blocked | undefined;
}

/** What works again while an incident of it runs. */
export interface Blocked {
  readonly drift: string;
  /** So many looks in a row have found it. */
  readonly looks: number;
}

export interface WatchResult {
  readonly checks: number;
  /** What was found, when something works again. */
  readonly drift: string | undefined;
  /** How many of the last looks could tell nothing. */
  readonly unclear: number;
}

export interface WorksAgain {
  /** What was seen. */
  readonly evidence: string;
}

/** Detections that joined since the last signal, coalesced by the dispatcher. */
export interface DetectionSignal {
  readonly latest: Detection;
  readonly assessment: Assessment;
  readonly count: number;
}

/** Whoever sends an update says who they are; it is audited. What loosens needs `approval` besides. */
export interface PersonInput {
  readonly actor: string;
  readonly note: string;
  /** Signed by the API for exactly this, for this actor, for one use: `tourniquet approve`. */
  readonly approval?: string;
  /** Number of the question that is answered, as `pendingQuestions` says: an answer to one that has been replaced meanwhile is refused. */
  readonly question?: number;
}

export interface SeverityInput extends PersonInput {
  readonly severity: Severity;
}

export interface ExtendInput extends PersonInput {
  /** How much longer dependents have, in seconds. */
  readonly seconds: number;
}

/** What a person is asked, and by which updates they can answer. */
export interface PendingQuestion extends Omit<OpenQuestion, 'resume'> {
  readonly answers: readonly string[];
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
  /** Known contexts that still use the old version though no dependent of the inventory lives there. */
  readonly discoveredDependents?: readonly string[];
  readonly audiencesNotified: readonly string[];
  readonly simulated?: true;
}

/** One step of a dry run. */
export interface RehearsedStep {
  readonly step: string;
  readonly ready: boolean;
  /** What it would do, or why it could not. */
  readonly detail: string;
}

export interface RehearsalReport {
  readonly credentialId: string;
  readonly version: number;
  readonly plan: ResponsePlan;
  readonly steps: readonly RehearsedStep[];
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
  /** Until when the old version works for dependents, milliseconds since the epoch: after it, nobody gains by going back. Missing in older histories. */
  readonly laneUntil?: number;
}

export interface RotationInput extends RotationTerms {
  readonly incidentId: string;
  readonly incidentRunId: string;
  readonly credentialId: string;
  readonly version: number;
  readonly dependents: readonly string[];
  /** In which order they move, each wave through a gate; without it all at once, without one. */
  readonly waves?: readonly (readonly string[])[];
  /** What its signals and its incident's carry; missing in histories from before they did. */
  readonly token?: string;
  /** Which try of this incident it is: each has its own keys, so a rolled-back one is never continued. */
  readonly generation: number;
  /** The version that takes its place lives already: none is minted, and nobody who uses it is sent back. */
  readonly adopt?: number;
  /** A version that lives, but on which others did not work, and who used it before: they go back there. */
  readonly alive?: { readonly version: number; readonly users: readonly string[] };
  /** The leaked version is ended: dependents can't go back to it, so a failure leaves them where they are. */
  readonly forwardOnly?: true;
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
  /** What could not be undone on the way: a rejected value that may live. */
  readonly leftBehind?: readonly string[];
}

/** What a signal between an incident and its rotation carries, so that nobody else can send one. */
export interface Signed {
  readonly token?: string;
}

export interface MoreTime {
  readonly seconds: number;
  /** Under which it is on record; missing in histories from before a rotation looked there. */
  readonly grant?: string;
}

/** From a watch to an incident that runs: what it has refused works again. */
export const worksAgainSignal = defineSignal<[WorksAgain]>('worksAgain');
export const detectionSignal = defineSignal<[DetectionSignal]>('detection');
/** From a rotation to its incident: progress for the timeline. */
export const progressSignal = defineSignal<[IncidentEvent & Signed]>('progress');
/** From an incident to its rotation: graver evidence leaves dependents less time. */
export const hurrySignal = defineSignal<[RotationTerms & Signed]>('hurry');
/** From an incident to its rotation: people gave dependents more time. */
export const moreTimeSignal = defineSignal<[MoreTime & Signed]>('moreTime');
export const stateQuery = defineQuery<IncidentView>('state');
export const planQuery = defineQuery<ResponsePlan | undefined>('plan');
export const timelineQuery = defineQuery<readonly TimelineEntry[]>('timeline');
export const pendingQuestionsQuery = defineQuery<readonly PendingQuestion[]>('pendingQuestions');

// What tightens, acknowledges or notes: a name is enough.
export const acknowledgeUpdate = defineUpdate<string, [PersonInput]>('acknowledge');
export const addNoteUpdate = defineUpdate<string, [PersonInput]>('addNote');
export const retryStepUpdate = defineUpdate<string, [PersonInput]>('retryStep');
export const approveStepUpdate = defineUpdate<string, [PersonInput]>('approveStep');
export const rejectStepUpdate = defineUpdate<string, [PersonInput]>('rejectStep');
export const raiseSeverityUpdate = defineUpdate<string, [SeverityInput]>('raiseSeverity');

// What loosens: each needs a signed approval.
export const skipStepUpdate = defineUpdate<string, [PersonInput]>('skipStep');
export const extendOverlapUpdate = defineUpdate<string, [ExtendInput]>('extendOverlap');
export const lowerSeverityUpdate = defineUpdate<string, [SeverityInput]>('lowerSeverity');
export const markFalsePositiveUpdate = defineUpdate<string, [PersonInput]>('markFalsePositive');

/** Search attributes are not encrypted: nothing sensitive goes here. */
export const SEARCH_ATTRIBUTES = {
  credential: defineSearchAttributeKey('TourniquetCredential', 'KEYWORD'),
  provider: defineSearchAttributeKey('TourniquetProvider', 'KEYWORD'),
  severity: defineSearchAttributeKey('TourniquetSeverity', 'KEYWORD'),
  stage: defineSearchAttributeKey('TourniquetStage', 'KEYWORD'),
  ownerTeam: defineSearchAttributeKey('TourniquetOwnerTeam', 'KEYWORD'),
  campaign: defineSearchAttributeKey('TourniquetCampaign', 'KEYWORD'),
  outcome: defineSearchAttributeKey('TourniquetOutcome', 'KEYWORD'),
} as const;

/** The Temporal schedule that refreshes threat lists; ids of its runs begin with this, too. */
export const THREAT_INTEL_SCHEDULE = 'threat-intel';
/** The one that looks whether leaks could be answered; likewise. */
export const READINESS_SCHEDULE = 'readiness';
