import type { Assessment } from '../domain/detection';
import type { Family } from '../domain/families';
import { DEFAULT_RISK, type RiskThresholds } from '../domain/risk';
import { atLeast, higherSeverity, type Severity } from '../domain/severity';

/** One family's case against a subject: its strongest finding, and what it rests on. Plain JSON, one a family. */
export interface Evidence {
  readonly family: Family;
  readonly confidence: number;
  /** Time of the event the confidence comes from; it decays from here. */
  readonly at: number;
  /** Time of the first event of this case. */
  readonly firstAt: number;
  readonly deterministic: boolean;
  readonly severity: Severity;
  /** An accused use that wrote or administered, and was accepted. */
  readonly harm: boolean;
  readonly reason: string;
  /** The event the confidence comes from. Missing in snapshots from before it was kept. */
  readonly eventId?: string;
  /** The events of this case, in the order in which they came: the first, that one, and the latest few. Missing likewise. */
  readonly eventIds?: readonly string[];
}

const MINUTE_MS = 60_000;

/** What is left of a confidence after a time; evidence from later than `now`, out of order, counts in full. */
export function decayed(evidence: Evidence, now: number, { halfLifeMinutes }: RiskThresholds): number {
  const age = now - evidence.at;
  return age <= 0 ? evidence.confidence : evidence.confidence * 2 ** (-age / (halfLifeMinutes * MINUTE_MS));
}

export function isAlive(evidence: Evidence, now: number, risk: RiskThresholds): boolean {
  return decayed(evidence, now, risk) >= risk.leastWitness;
}

/**
 * What all evidence adds up to: noisy-or over families, since each is one independent witness. High or above without a person needs a
 * fact, or two families that are confident together (design.md rule 13): three of which no two are make one strong word. Evidence must not be empty.
 */
export function assess(evidence: readonly Evidence[], now: number, risk = DEFAULT_RISK): Assessment {
  const alive = evidence
    .filter((item) => isAlive(item, now, risk))
    .sort((a, b) => decayed(b, now, risk) - decayed(a, now, risk));
  const facts = alive.filter((item) => item.deterministic);
  const opinions = alive.filter((item) => !item.deterministic);
  const confidence = combine(alive, now, risk);
  const judged = judge(opinions, now, risk);
  const severity = facts.map((fact) => fact.severity).reduce(higherSeverity, judged);
  const harmful =
    atLeast(severity, 'high') && combine(opinions, now, risk) >= risk.harmful && opinions.some((item) => item.harm);
  return {
    severity: harmful ? 'critical' : severity,
    confidence,
    families: alive.map((item) => item.family),
    deterministic: facts.length > 0,
    firstAbuseAt: alive.reduce((first, item) => Math.min(first, item.firstAt), now),
    reason: alive
      .map((item) => item.reason)
      .join('; ')
      .slice(0, 1000),
  };
}

function judge(opinions: readonly Evidence[], now: number, risk: RiskThresholds): Severity {
  const confidence = combine(opinions, now, risk);
  const two = opinions.slice(0, 2);
  if (two.length === 2 && combine(two, now, risk) >= risk.confident) return 'high';
  return confidence >= risk.strong ? 'medium' : 'low';
}

function combine(evidence: readonly Evidence[], now: number, risk: RiskThresholds): number {
  const doubt = evidence.reduce((product, item) => product * (1 - decayed(item, now, risk)), 1);
  return Math.round((1 - doubt) * 1000) / 1000;
}
