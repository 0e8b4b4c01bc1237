import type { Detection, DetectionMessage } from '../domain/detection';
import { joinEventIds } from '../domain/event-ids';
import type { RiskThresholds } from '../domain/risk';
import { higherSeverity } from '../domain/severity';
import type { UsageEvent } from '../domain/usage-event';
import type { DetectorFinding } from './ask-detectors';
import { assess, decayed, isAlive, type Evidence } from './assess';
import { detectionId } from './detection-id';
import type { Detector, Finding } from './detector';
import type { SubjectState } from './partition-state';
import { forgetOld, hasRisen, isNews } from './rearm';

/** Events of one family that are remembered, the completing one among them: as many of two families as an assessment names. */
const EVENTS_OF_FAMILY = 8;

/** Adds the findings of one event, at least one, to the subject's case, and gives back what is news, each with what it all adds up to. */
export function concludeEvent(
  subject: SubjectState,
  event: UsageEvent,
  findings: readonly DetectorFinding[],
  risk: RiskThresholds,
): Omit<DetectionMessage, 'hold'>[] {
  for (const { detector, finding } of findings) addEvidence(subject, event, detector, finding, risk);
  const assessment = assess(subject.evidence, event.at, risk);
  const news = findings.filter((found) => isNews(found.finding, subject.spoken[topicOf(found)], event.at));
  const told = news.length === 0 && hasRisen(assessment, subject.assessed, event.at) ? findings.slice(0, 1) : news;
  if (told.length === 0) return [];
  for (const found of told) {
    const { severity, confidence } = found.finding;
    subject.spoken[topicOf(found)] = { at: event.at, severity, confidence };
  }
  subject.spoken = forgetOld(subject.spoken);
  subject.assessed = { at: event.at, severity: assessment.severity, confidence: assessment.confidence };
  return told.map(({ detector, finding }) => {
    const ofFamily = subject.evidence.find(({ family }) => family === detector.family);
    return { detection: toDetection(event, detector, finding, ofFamily?.eventIds ?? [event.id]), assessment };
  });
}

function topicOf({ detector, finding }: DetectorFinding): string {
  return finding.topic === undefined ? detector.id : `${detector.id}/${finding.topic}`;
}

function addEvidence(
  subject: SubjectState,
  event: UsageEvent,
  { family }: Detector,
  finding: Finding,
  risk: RiskThresholds,
): void {
  const harm =
    finding.accuses === 'use' &&
    event.outcome === 'accepted' &&
    (event.action.kind === 'write' || event.action.kind === 'admin');
  const alive = subject.evidence.filter((item) => isAlive(item, event.at, risk));
  const before = alive.find((item) => item.family === family);
  const added: Evidence = {
    family,
    confidence: finding.confidence,
    at: event.at,
    firstAt: event.at,
    deterministic: finding.deterministic,
    severity: finding.severity,
    harm,
    reason: finding.reason,
    eventIds: [event.id],
  };
  const merged = before ? mergeEvidence(before, added, risk) : added;
  subject.evidence = [...alive.filter((item) => item.family !== family), merged];
}

/** The same family again: no second witness, but the stronger word counts. */
function mergeEvidence(before: Evidence, added: Evidence, risk: RiskThresholds): Evidence {
  const stronger = added.confidence >= decayed(before, added.at, risk) ? added : before;
  return {
    ...stronger,
    firstAt: Math.min(before.firstAt, added.firstAt),
    deterministic: before.deterministic || added.deterministic,
    severity: higherSeverity(before.severity, added.severity),
    harm: before.harm || added.harm,
    eventIds: joinEventIds(before.eventIds ?? [], added.eventIds ?? [], EVENTS_OF_FAMILY),
  };
}

function toDetection(event: UsageEvent, detector: Detector, finding: Finding, eventIds: readonly string[]): Detection {
  return {
    id: detectionId(detector.id, event.subject, event.id),
    detector: detector.id,
    family: detector.family,
    subject: event.subject,
    at: event.at,
    severity: finding.severity,
    confidence: finding.confidence,
    deterministic: finding.deterministic,
    reason: finding.reason.slice(0, 500),
    eventIds: [...eventIds],
  };
}
