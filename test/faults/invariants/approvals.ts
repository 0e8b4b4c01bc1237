import type { ApprovedAction } from '../../../domain/approval';
import type { World } from '../world/world';

/** Who had approved of it, by a signature that was verified and is on record, before the effect of this index. */
export function approversOf({ audit }: World, action: ApprovedAction, effect: number): ReadonlySet<string> {
  const used = audit.filter(({ approved, afterEffects }) => approved === action && afterEffects <= effect);
  return new Set(used.map(({ actor }) => actor));
}
