import type { Assessment, Detection } from './detection';
import { mergeAssessments } from './merge-assessments';
import { atLeast, compareSeverity, higherSeverity, type Severity } from './severity';

/** Where an incident is. The order is the story's; `waiting-for-person` can come from any open stage and goes back to it. */
export const STAGES = [
  'opened',
  'contained',
  'replaced',
  'moved',
  'revoked',
  'verified',
  'notified',
  'waiting-for-person',
  'closed',
] as const;

export type Stage = (typeof STAGES)[number];

export const OUTCOMES = [
  'recovered',
  'contained-and-rolled-back',
  'contained-rollback-incomplete',
  'contained-waiting-for-person',
  'contained-and-handed-over',
  'false-positive-restored',
] as const;

export type Outcome = (typeof OUTCOMES)[number];

/** After these a version's incident can be opened again: it is contained and not proven dead, or it was restored. */
export const OPEN_AGAIN: readonly Outcome[] = [
  'contained-and-rolled-back',
  'contained-rollback-incomplete',
  'contained-waiting-for-person',
  'contained-and-handed-over',
  'false-positive-restored',
];

/**
 * What a person is asked: whether to contain at all, what to do about a step that failed (a `needed-step` can't be skipped), whether to
 * revoke, or to do what we can't.
 */
export type QuestionKind = 'contain' | 'failed-step' | 'needed-step' | 'revoke' | 'hand-over';

/** What a person is asked now. `number` counts the questions of an incident: an approval is for one of them. */
export interface OpenQuestion {
  readonly resume: Stage;
  readonly question: string;
  readonly kind?: QuestionKind;
  readonly number?: number;
  readonly since?: number;
}

/** What can happen to an incident. `at` is milliseconds since the epoch, when the effect was complete. */
export type IncidentEvent =
  | { readonly type: 'contained'; readonly at: number; readonly note: string }
  | { readonly type: 'replaced'; readonly at: number; readonly note: string }
  | { readonly type: 'moved'; readonly at: number; readonly note: string }
  | { readonly type: 'revoked'; readonly at: number; readonly note: string }
  | { readonly type: 'verified'; readonly at: number; readonly note: string }
  | { readonly type: 'notified'; readonly at: number; readonly note: string }
  | { readonly type: 'closed'; readonly at: number; readonly note: string; readonly outcome: Outcome }
  | { readonly type: 'rolled-back'; readonly at: number; readonly note: string }
  | {
      readonly type: 'person-needed';
      readonly at: number;
      readonly note: string;
      readonly question: string;
      readonly kind?: QuestionKind;
      readonly number?: number;
    }
  | { readonly type: 'person-resumed'; readonly at: number; readonly note: string }
  | {
      readonly type: 'detection-joined';
      readonly at: number;
      readonly detection: Detection;
      readonly assessment: Assessment;
      readonly count: number;
    }
  | {
      readonly type: 'severity-changed';
      readonly at: number;
      readonly note: string;
      readonly severity: Severity;
      /** A person has judged the evidence there is: no more of the same raises it again. */
      readonly judged?: true;
    }
  | { readonly type: 'spared'; readonly at: number; readonly note: string }
  | ({ readonly type: 'recalled' } & Recollection)
  | { readonly type: 'noted'; readonly at: number; readonly note: string };

/** What incidents before knew of a version that is refused still. */
export interface Recollection {
  readonly at: number;
  readonly known: KnownAgainst;
  /** A detector has opened it, which may say once more what a person has judged. */
  readonly isDetected: boolean;
}

/** What an incident knew, as far as it is kept with its version for as long as that is refused. */
export type KnownAgainst = Pick<Incident, 'evidence' | 'judged' | 'assessed' | 'spared' | 'wasHigh'>;

export interface TimelineEntry {
  readonly at: number;
  readonly stage: Stage;
  readonly note: string;
}

/** Milestones a report measures, milliseconds since the epoch. */
export type Milestone = 'contained' | 'replaced' | 'moved' | 'revoked' | 'verified' | 'notified' | 'closed';

/** The evidence that there was when a person judged it, as grave as detectors had called it. */
export type Judged = Pick<Assessment, 'severity' | 'families' | 'deterministic'>;

export interface Incident {
  readonly stage: Stage;
  /** Everything known against the version; only a person's word makes it less grave. */
  readonly evidence: Assessment;
  /** The gravest that detectors said of it; missing in incidents from before it was kept. */
  readonly assessed?: Severity;
  /** What a person has judged to be less grave: detectors say it again for as long as the evidence lives. */
  readonly judged?: Judged;
  /** A person has said not to revoke it: whatever comes, that is asked. */
  readonly spared?: true;
  /** It was high, or graver, before a person called it less: more time for dependents takes two people for ever. */
  readonly wasHigh?: true;
  readonly detections: number;
  readonly milestones: Readonly<Partial<Record<Milestone, number>>>;
  readonly timeline: readonly TimelineEntry[];
  /** The stage to go back to when the person has answered, and what was asked. */
  readonly waiting?: OpenQuestion;
  readonly outcome?: Outcome;
}

export type Transition =
  { readonly ok: true; readonly incident: Incident } | { readonly ok: false; readonly refusal: string };

/** The latest entries are kept: a flood must not grow the state (histories are bounded, and so is this). */
const MAX_TIMELINE = 100;

const PREDECESSORS: Readonly<Record<Exclude<Milestone, 'closed'>, readonly Stage[]>> = {
  contained: ['opened'],
  replaced: ['contained'],
  moved: ['replaced'],
  // At the deadline a version dies even if dependents are missing, so `moved` may never come; where only a person can replace it, it dies before.
  revoked: ['moved', 'replaced', 'contained'],
  verified: ['revoked'],
  notified: ['verified'],
};

/** `earlier`: of a run that this one goes on with. */
export function openIncident(
  assessment: Assessment,
  at: number,
  { judged, spared, wasHigh, assessed = assessment.severity }: Omit<KnownAgainst, 'evidence'> = {},
): Incident {
  return {
    ...(judged ? { judged } : {}),
    ...(spared ? { spared } : {}),
    ...(wasHigh || isHigh(judged?.severity) ? { wasHigh: true } : {}),
    stage: 'opened',
    evidence: assessment,
    assessed,
    detections: 0,
    milestones: {},
    timeline: [{ at, stage: 'opened', note: assessment.reason }],
  };
}

/** Total: every stage answers every event, with the next state or with the reason it is refused. Only a person's word lowers severity. */
export function transition(incident: Incident, event: IncidentEvent): Transition {
  if (incident.stage === 'closed') return refuse(incident, event);
  switch (event.type) {
    case 'detection-joined':
      return accept(joinDetection(incident, event.assessment, event.count));
    case 'severity-changed':
      return accept(log(changeSeverity(incident, event), event.at, event.note));
    case 'spared':
      return accept(log({ ...incident, spared: true }, event.at, event.note));
    case 'recalled':
      return accept(recall(incident, event));
    case 'noted':
      return accept(log(incident, event.at, event.note));
    case 'contained':
    case 'replaced':
    case 'moved':
    case 'revoked':
    case 'verified':
    case 'notified':
      if (PREDECESSORS[event.type].includes(incident.stage)) return accept(reach(incident, event.type, event));
      return isOvertaken(incident, event.type) ? accept(catchUp(incident, event.type, event)) : refuse(incident, event);
    case 'rolled-back':
      // Back to what stands: the containment. Revoke is a one-way door, so nothing rolls back after it.
      return ['replaced', 'moved', 'contained'].includes(incident.stage)
        ? accept(log({ ...incident, stage: 'contained' }, event.at, event.note))
        : refuse(incident, event);
    case 'person-needed':
      return incident.stage === 'waiting-for-person'
        ? refuse(incident, event)
        : accept(
            log(
              {
                ...incident,
                stage: 'waiting-for-person',
                waiting: openQuestion(incident.stage, event),
              },
              event.at,
              event.note,
            ),
          );
    case 'person-resumed': {
      const { waiting, ...rest } = incident;
      return waiting ? accept(log({ ...rest, stage: waiting.resume }, event.at, event.note)) : refuse(incident, event);
    }
    case 'closed':
      return mayClose(incident, event.outcome) ? accept(close(incident, event)) : refuse(incident, event);
    default:
      // Events also come from outside, in a signal: one of no known type is refused like any other that does not fit.
      return refuse(incident, event);
  }
}

/** "Recovered" needs the whole story, "restored" that nothing was ended for ever; the rest that it is contained. */
function mayClose(incident: Incident, outcome: Outcome): boolean {
  if (outcome === 'recovered') return incident.stage === 'notified';
  if (outcome === 'false-positive-restored') return incident.milestones.revoked === undefined;
  return incident.milestones.contained !== undefined;
}

function close(
  { waiting: _answered, ...incident }: Incident,
  event: Extract<IncidentEvent, { type: 'closed' }>,
): Incident {
  return { ...reach(incident, 'closed', event), outcome: event.outcome };
}

function openQuestion(resume: Stage, event: Extract<IncidentEvent, { type: 'person-needed' }>): OpenQuestion {
  const { question, at: since, kind, number } = event;
  return { resume, question, since, ...(kind ? { kind } : {}), ...(number === undefined ? {} : { number }) };
}

/** It was ended before anything replaced it. */
function isOvertaken({ stage, milestones }: Incident, milestone: Milestone): boolean {
  return stage === 'revoked' && (milestone === 'replaced' || milestone === 'moved') && !(milestone in milestones);
}

function catchUp(incident: Incident, milestone: Milestone, event: { at: number; note: string }): Incident {
  const { stage } = incident;
  return { ...reach(incident, milestone, event), stage };
}

function reach(incident: Incident, milestone: Milestone, event: { at: number; note: string }): Incident {
  const reached = { ...incident, stage: milestone, milestones: { ...incident.milestones, [milestone]: event.at } };
  return log(reached, event.at, event.note);
}

function changeSeverity(
  incident: Incident,
  { severity, judged }: Extract<IncidentEvent, { type: 'severity-changed' }>,
): Incident {
  const { evidence, assessed = evidence.severity } = incident;
  const { families, deterministic } = evidence;
  const gravest = higherSeverity(assessed, incident.judged?.severity ?? assessed);
  return {
    ...incident,
    evidence: { ...evidence, severity },
    ...(isHigh(evidence.severity) ? { wasHigh: true as const } : {}),
    ...(judged ? { judged: { severity: gravest, families, deterministic } } : {}),
  };
}

/** Begins where those before ended: only a person's word lowers severity, from one incident to the next as well. Abuse is told as it was seen now. */
export function recall(incident: Incident, { at, known, isDetected }: Recollection): Incident {
  const { severity, reason } = known.evidence;
  const { firstAbuseAt } = incident.evidence;
  const fresh =
    isDetected && isJudged(known, incident.evidence) ? { ...incident.evidence, severity } : incident.evidence;
  const judged = incident.judged ?? known.judged;
  const recalled = {
    ...incident,
    evidence: { ...mergeAssessments(fresh, known.evidence), firstAbuseAt },
    assessed: higherSeverity(incident.assessed ?? fresh.severity, known.assessed ?? severity),
    ...(judged ? { judged } : {}),
    ...(known.spared ? { spared: true as const } : {}),
    ...(known.wasHigh || isHigh(known.judged?.severity) ? { wasHigh: true as const } : {}),
  };
  return log(recalled, at, `known before (${severity}): ${reason}`);
}

function isHigh(severity: Severity = 'low'): boolean {
  return atLeast(severity, 'high');
}

/** Whether a person has judged all of it already: nothing graver, and no witness of another kind. */
function isJudged({ judged }: Pick<Incident, 'judged'>, added: Assessment): boolean {
  return (
    judged !== undefined &&
    compareSeverity(added.severity, judged.severity) <= 0 &&
    added.families.every((family) => judged.families.includes(family)) &&
    (judged.deterministic || !added.deterministic)
  );
}

function joinDetection(incident: Incident, assessment: Assessment, count: number): Incident {
  const { severity } = incident.evidence;
  const evidence = mergeAssessments(
    incident.evidence,
    isJudged(incident, assessment) ? { ...assessment, severity } : assessment,
  );
  const assessed = higherSeverity(incident.assessed ?? severity, assessment.severity);
  const joined = { ...incident, evidence, assessed, detections: incident.detections + count };
  return evidence.severity === incident.evidence.severity
    ? joined
    : log(joined, assessment.firstAbuseAt, `severity raised to ${evidence.severity}: ${assessment.reason}`);
}

function log(incident: Incident, at: number, note: string): Incident {
  const timeline = [...incident.timeline, { at, stage: incident.stage, note }].slice(-MAX_TIMELINE);
  return { ...incident, timeline };
}

function accept(incident: Incident): Transition {
  return { ok: true, incident };
}

function refuse(incident: Incident, event: { readonly type: string }): Transition {
  return { ok: false, refusal: `an incident that is ${incident.stage} does not take ${event.type}` };
}
