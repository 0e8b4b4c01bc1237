import { isSameRisk, type RiskThresholds } from '../../domain/risk';
import type { RiskEvent } from '../../domain/risk-event';

/** What was asked for lies at the end of the stream: until it has taken effect, asking again would say nothing new. */
const ASK_AGAIN_MS = 30_000;

interface RiskParts {
  readonly partition: number;
  /** Of the policy that this worker was started with. */
  readonly risk: RiskThresholds;
  /** Puts an event into the partition's own stream; it must not wait, or throw. */
  readonly tell: (event: RiskEvent) => void;
}

/**
 * Tells a partition, in its own stream, by which thresholds its worker's policy weighs evidence, when it weighs by others: so a change of the policy file
 * takes effect between two messages, and whoever folds them again, with whatever file, finds the same.
 */
export class RiskKeeper {
  #askedAt = -Infinity;

  constructor(private readonly parts: RiskParts) {}

  /** After a message was folded; `inForce`: what the partition weighs by after it. Only the worker that has the partition folds messages, so only it asks. */
  look(now: number, inForce: RiskThresholds): void {
    const { partition, risk, tell } = this.parts;
    if (isSameRisk(risk, inForce) || now - this.#askedAt < ASK_AGAIN_MS) return;
    this.#askedAt = now;
    tell({ kind: 'risk', id: `risk-${partition}-${now}`, at: now, thresholds: risk });
  }
}
