import { LONGEST_EXTENSION_SECONDS } from '../../domain/approval';
import { MOST_EVENT_IDS } from '../../domain/event-ids';
import { LAST_TIME } from '../../domain/last-time';
import { SEVERITIES } from '../../domain/severity';
import type { IncidentEvent } from '../../domain/incident';
import type { DetectionSignal, RotationTerms, WorksAgain } from '../messages';

/**
 * Signals can't be refused when they are sent, and anybody who reaches the Web UI can send one. What has not the right shape is
 * dropped: an exception here would stop the incident for ever.
 */
export function isDetectionSignal(signal: unknown): signal is DetectionSignal {
  if (!isRecord(signal) || !isRecord(signal['assessment']) || !isRecord(signal['latest'])) return false;
  const { assessment, latest, count } = signal;
  return (
    SEVERITIES.some((severity) => severity === assessment['severity']) &&
    isText(assessment['reason']) &&
    Array.isArray(assessment['families']) &&
    isNumber(assessment['confidence']) &&
    isTime(assessment['firstAbuseAt']) &&
    typeof assessment['deterministic'] === 'boolean' &&
    isEventIds(assessment['eventIds']) &&
    (assessment['gravestEventId'] === undefined || isText(assessment['gravestEventId'])) &&
    isTime(latest['at']) &&
    isNumber(count)
  );
}

/** None in signals from before they were named. */
function isEventIds(ids: unknown): boolean {
  return ids === undefined || (Array.isArray(ids) && ids.length <= MOST_EVENT_IDS && ids.every(isText));
}

export function isWorksAgain(signal: unknown): signal is WorksAgain {
  return isRecord(signal) && isText(signal['evidence']);
}

/** All that a rotation tells its incident: that the replacement is there, or what goes wrong with a dependent. */
export type Progress = Extract<IncidentEvent, { type: 'replaced' | 'noted' }>;

export function isProgress(signal: unknown): signal is Progress {
  return (
    isRecord(signal) &&
    (signal['type'] === 'replaced' || signal['type'] === 'noted') &&
    isTime(signal['at']) &&
    isText(signal['note'])
  );
}

export function isRotationTerms(signal: unknown): signal is RotationTerms {
  return (
    isRecord(signal) &&
    isNumber(signal['moveWithinSeconds']) &&
    signal['moveWithinSeconds'] >= 0 &&
    typeof signal['goOnWithoutMissing'] === 'boolean'
  );
}

/** How much more time a signal gives; none when it is of no known shape. A bare number is one from before signals carried a token. */
export function secondsOf(signal: unknown): number {
  const seconds = isRecord(signal) ? signal['seconds'] : signal;
  return isNumber(seconds) && seconds > 0 && seconds <= LONGEST_EXTENSION_SECONDS ? seconds : 0;
}

/** Under which key the time that a signal speaks of is on record; undefined when it is of no known shape. */
export function grantOf(signal: unknown): string | undefined {
  const grant = isRecord(signal) ? signal['grant'] : undefined;
  return isText(grant) ? grant : undefined;
}

/** Whether a signal between an incident and its rotation comes from the other: only they know the token. */
export function knowsToken(signal: unknown, token: string | undefined): boolean {
  return token === undefined || (isRecord(signal) && signal['token'] === token);
}

const MAX_TEXT = 2_000;

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null;
}

function isText(value: unknown): value is string {
  return typeof value === 'string' && value.length <= MAX_TEXT;
}

function isNumber(value: unknown): value is number {
  return typeof value === 'number' && Number.isFinite(value);
}

/** One that a Date can't hold would throw where it is shown, and stop the incident for ever. */
function isTime(value: unknown): value is number {
  return isNumber(value) && Math.abs(value) <= LAST_TIME;
}
