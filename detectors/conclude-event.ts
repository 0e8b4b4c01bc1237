import type { Detection, DetectionMessage } from '../domain/detection';
import { joinEventIds, MOST_EVENT_IDS } from '../domain/event-ids';
import type { Family } from '../domain/families';
import type { RiskThresholds } from '../domain/risk';
import { higherSeverity } from '../domain/severity';
import { issuedTo } from '../domain/principal-of';
import { publicIdOf } from '../domain/subject';
import type { UsageEvent } from '../domain/usage-event';
import { familyOf, type DetectorFinding } from './ask-detectors';
import { assess, decayed, isAlive, type Evidence } from './assess';
import { detectionId } from './detection-id';
import type { SubjectState } from './partition-state';
import { markOf } from './marks';
import { forgetOld, hasRisen, isNews, REARM } from './rearm';

/** Events of one family that are remembered: as many of two families as an assessment names. */
const EVENTS_OF_FAMILY = 8;

/** Characters of a reason, in what is published. */
const MOST_FOUND = 500;
const MOST_ASSESSED = 1_000;

/** Adds the findings of one event, at least one, to the subject's case, and gives back what is news, each with what it all adds up to. */
export function concludeEvent(
  subject: SubjectState,
  event: UsageEvent,
  findings: readonly DetectorFinding[],
  risk: RiskThresholds,
): Omit<DetectionMessage, 'hold'>[] {
  for (const found of findings) addEvidence(subject, event, found, risk);
  const assessed = assess(subject.evidence, event.at, risk);
  const assessment = { ...assessed, reason: ofPrincipal(assessed.reason, MOST_ASSESSED, event) };
  const news = findings.filter((found) => isNewsOf(found, subject.spoken, event));
  const told = news.length === 0 && hasRisen(assessment, subject.assessed, event.at) ? findings.slice(0, 1) : news;
  if (told.length === 0) return [];
  for (const found of told) {
    const { severity, confidence } = found.finding;
    subject.spoken[saidOf(found, event)] = { at: event.at, severity, confidence };
  }
  subject.spoken = forgetOld(subject.spoken);
  subject.assessed = { at: event.at, severity: assessment.severity, confidence: assessment.confidence };
  return told.map((found) => {
    const eventIds = provenBy(subject.evidence, familyOf(found), event.id);
    return { detection: toDetection(event, found, eventIds), assessment };
  });
}

/** The events of all evidence: those of other families, those of this one, and last of all the completing one. */
function provenBy(evidence: readonly Evidence[], family: Family, completing: string): readonly string[] {
  const idsOf = (isOwn: boolean): string[] =>
    evidence
      .filter((item) => (item.family === family) === isOwn)
      .sort((a, b) => a.firstAt - b.firstAt)
      .flatMap(({ eventIds = [] }) => eventIds)
      .filter((id) => id !== completing);
  const strongest = evidence.flatMap(({ eventId = [] }) => eventId);
  return [...joinEventIds(idsOf(false), idsOf(true), MOST_EVENT_IDS - 1, strongest), completing];
}

/** Nobody knows a session by the id of its key. */
function ofPrincipal(reason: string, longest: number, event: UsageEvent): string {
  const principal = issuedTo(event);
  if (principal === undefined) return reason.slice(0, longest);
  const whose = ` (of ${publicIdOf(principal)})`;
  return `${reason.slice(0, longest - whose.length)}${whose}`;
}

/** Sessions of a principal of which the same is said within an hour, however soon one after the other. Ours. */
const SESSIONS_NAMED = 3;

/** What was said of one session was not said of another, which may be stolen, too; but of a few of them only, since all may do a new thing at once. */
function isNewsOf(found: DetectorFinding, spoken: SubjectState['spoken'], event: UsageEvent): boolean {
  const { finding } = found;
  const said = spoken[saidOf(found, event)];
  if (!isNews(finding, said, event.at)) return false;
  if (issuedTo(event) === undefined || said) return true;
  const ofOthers = Object.entries(spoken)
    .filter(([topic, { at }]) => topic.startsWith(`${topicOf(found)}@`) && event.at - at < REARM.seldomEveryMs)
    .map(([, one]) => one);
  return ofOthers.length < SESSIONS_NAMED || ofOthers.every((one) => isNews(finding, one, event.at));
}

function saidOf(found: DetectorFinding, event: UsageEvent): string {
  const topic = topicOf(found);
  return issuedTo(event) === undefined ? topic : `${topic}@${markOf(event.subject)}`;
}

function topicOf({ detector, finding }: DetectorFinding): string {
  return finding.topic === undefined ? detector.id : `${detector.id}/${finding.topic}`;
}

function addEvidence(subject: SubjectState, event: UsageEvent, found: DetectorFinding, risk: RiskThresholds): void {
  const { finding } = found;
  const family = familyOf(found);
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
    eventId: event.id,
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
    eventIds: joinEventIds(
      before.eventIds ?? [],
      added.eventIds ?? [],
      EVENTS_OF_FAMILY,
      stronger.eventId === undefined ? [] : [stronger.eventId],
    ),
  };
}

function toDetection(event: UsageEvent, found: DetectorFinding, eventIds: readonly string[]): Detection {
  const { detector, finding } = found;
  return {
    id: detectionId(topicOf(found), event.subject, event.id),
    detector: detector.id,
    family: familyOf(found),
    subject: event.subject,
    at: event.at,
    severity: finding.severity,
    confidence: finding.confidence,
    deterministic: finding.deterministic,
    reason: ofPrincipal(finding.reason, MOST_FOUND, event),
    eventIds: [...eventIds],
  };
}
