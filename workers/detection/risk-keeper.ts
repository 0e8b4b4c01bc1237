import { DEFAULT_RISK, isSameRisk, type RiskThresholds } from '../../domain/risk';
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

  /** After a message was folded; `inForce`: what the partition was last told to weigh by. Only the worker that has the partition folds messages, so only it asks. */
  look(now: number, inForce: Pick<RiskEvent, 'at' | 'thresholds'> | undefined): void {
    const { partition, risk, tell } = this.parts;
    if (isSameRisk(risk, inForce?.thresholds ?? DEFAULT_RISK) || now - this.#askedAt < ASK_AGAIN_MS) return;
    this.#askedAt = now;
    // Of two the later one counts, and another's may be dated ahead.
    const at = Math.max(now, inForce?.at ?? 0);
    tell({ kind: 'risk', id: `risk-${partition}-${now}`, at, thresholds: risk });
  }
}
