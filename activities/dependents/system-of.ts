import type { DependentRecord } from '../../domain/credential';
import { IncidentError } from '../../domain/errors';

/**
 * What the settings say of a dependent, whose target is a name there: who may write the inventory must not thereby name programs and files of ours.
 * @throws IncidentError DEPENDENT_UNKNOWN
 */
export function systemOf<S>(systems: ReadonlyMap<string, S>, { id, kind, target }: DependentRecord): S {
  const system = systems.get(target);
  if (!system) throw new IncidentError('DEPENDENT_UNKNOWN', { dependent: id, kind, target });
  return system;
}
