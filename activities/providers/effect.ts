import type { Effect } from '../../domain/ports/effect';

/** An effect that gives nothing besides. */
export function effect(state: Effect['state'], evidence: string): Effect {
  return { state, value: undefined, evidence };
}
