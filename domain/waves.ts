import type { DependentRecord } from './credential';
import type { Strategy } from './response-plan';

/**
 * In what order dependents move. Where they go on with the old version meanwhile, one canary goes first, the least critical, and then the
 * rest from less to more critical, so that each wave proves the replacement to the next. Where all of them are refused already, waiting
 * for one another would only lengthen the gap: all at once.
 */
export function wavesOf(
  dependents: readonly Pick<DependentRecord, 'id' | 'criticality'>[],
  strategy: Strategy,
): readonly (readonly string[])[] {
  const ids = dependents.map(({ id }) => id);
  if (strategy === 'inseparable' || ids.length < 2) return [ids];
  const [canary, ...rest] = [...dependents].sort((a, b) => b.criticality - a.criticality || (a.id < b.id ? -1 : 1));
  const criticalities = [...new Set(rest.map(({ criticality }) => criticality))];
  const waves = criticalities.map((one) => rest.filter(({ criticality }) => criticality === one).map(({ id }) => id));
  return [canary ? [canary.id] : [], ...waves];
}
