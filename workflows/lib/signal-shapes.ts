import { SEVERITIES } from '../../domain/severity';
import type { IncidentEvent } from '../../domain/incident';
import type { DetectionSignal, RotationTerms } from '../messages';

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
    isNumber(assessment['firstAbuseAt']) &&
    typeof assessment['deterministic'] === 'boolean' &&
    isNumber(latest['at']) &&
    isNumber(count)
  );
}

/** All that a rotation tells its incident: that the replacement is there, or what goes wrong with a dependent. */
export type Progress = Extract<IncidentEvent, { type: 'replaced' | 'noted' }>;

export function isProgress(signal: unknown): signal is Progress {
  return (
    isRecord(signal) &&
    (signal['type'] === 'replaced' || signal['type'] === 'noted') &&
    isNumber(signal['at']) &&
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

export function isSeconds(signal: unknown): signal is number {
  return isNumber(signal) && signal > 0;
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
