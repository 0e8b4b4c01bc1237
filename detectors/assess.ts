import type { Assessment } from '../domain/detection';
import type { Family } from '../domain/families';
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
  /** The events of this case, in the order in which they came: the first, and the latest few. Missing in snapshots from before they were kept. */
  readonly eventIds?: readonly string[];
}

export const ASSESSMENT = {
  /** Half-life 1 h, act at 0.8: reference/detection.md 1.2, "Risk". */
  halfLifeMs: 3_600_000,
  confident: 0.8,
  /** A single family is strong from here: design.md, "Severity and strategy", one weak detector is medium at most. */
  strong: 0.7,
  /** "Confident" of active abuse with write or admin: between acting (0.8) and paging at night (0.95). */
  harmful: 0.9,
  /** A family that has decayed below this is no witness any more. */
  leastWitness: 0.2,
} as const;

/** What is left of a confidence after a time; evidence from later than `now`, out of order, counts in full. */
export function decayed(evidence: Evidence, now: number): number {
  const age = now - evidence.at;
  return age <= 0 ? evidence.confidence : evidence.confidence * 2 ** (-age / ASSESSMENT.halfLifeMs);
}

export function isAlive(evidence: Evidence, now: number): boolean {
  return decayed(evidence, now) >= ASSESSMENT.leastWitness;
}

/**
 * What all evidence adds up to: noisy-or over families, since each is one independent witness. High or above without a person needs a
 * fact, or two families that are confident together (design.md rule 13). Evidence must not be empty.
 */
export function assess(evidence: readonly Evidence[], now: number): Assessment {
  const alive = evidence.filter((item) => isAlive(item, now)).sort((a, b) => decayed(b, now) - decayed(a, now));
  const facts = alive.filter((item) => item.deterministic);
  const opinions = alive.filter((item) => !item.deterministic);
  const confidence = combine(alive, now);
  const judged = judge(opinions, now);
  const severity = facts.map((fact) => fact.severity).reduce(higherSeverity, judged);
  const harmful =
    atLeast(severity, 'high') && combine(opinions, now) >= ASSESSMENT.harmful && opinions.some((item) => item.harm);
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

function judge(opinions: readonly Evidence[], now: number): Severity {
  const confidence = combine(opinions, now);
  if (opinions.length >= 2 && confidence >= ASSESSMENT.confident) return 'high';
  return confidence >= ASSESSMENT.strong ? 'medium' : 'low';
}

function combine(evidence: readonly Evidence[], now: number): number {
  const doubt = evidence.reduce((product, item) => product * (1 - decayed(item, now)), 1);
  return Math.round((1 - doubt) * 1000) / 1000;
}
