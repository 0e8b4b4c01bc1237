import type { DependentRecord } from './credential';

/**
 * In what order dependents move that go on with the old version meanwhile: one canary first, the least critical, and then the rest from less
 * to more critical, so that each wave proves the replacement to the next.
 */
export function wavesOf(
  dependents: readonly Pick<DependentRecord, 'id' | 'criticality'>[],
): readonly (readonly string[])[] {
  const [canary, ...rest] = [...dependents].sort((a, b) => b.criticality - a.criticality || (a.id < b.id ? -1 : 1));
  if (!canary) return [];
  const criticalities = [...new Set(rest.map(({ criticality }) => criticality))];
  const waves = criticalities.map((one) => rest.filter(({ criticality }) => criticality === one).map(({ id }) => id));
  return [[canary.id], ...waves];
}
