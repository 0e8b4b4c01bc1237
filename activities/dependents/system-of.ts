import { hostname } from 'node:os';
import type { DependentRecord, SecretVersion } from '../../domain/credential';
import { IncidentError } from '../../domain/errors';

/**
 * What the settings say of a dependent, whose target is a name there: who may write the inventory must not thereby name programs and files of ours, nor
 * give a service the value of a credential that it has nothing to do with. @throws IncidentError DEPENDENT_UNKNOWN
 */
export function systemOf<S extends { readonly credentials: readonly string[] }>(
  systems: ReadonlyMap<string, S>,
  { id, kind, target }: DependentRecord,
  { credentialId }: Pick<SecretVersion, 'credentialId'>,
): S {
  const system = systems.get(target);
  if (!system?.credentials.includes(credentialId))
    throw new IncidentError('DEPENDENT_UNKNOWN', { dependent: id, kind, target, credential: credentialId });
  return system;
}

/**
 * The same of what is on one machine: only a worker there may look, write or run anything. @throws IncidentError DEPENDENT_UNREACHABLE elsewhere, so that
 * a worker there takes the next attempt
 */
export function ownSystemOf<S extends { readonly credentials: readonly string[]; readonly host: string }>(
  systems: ReadonlyMap<string, S>,
  dependent: DependentRecord,
  version: Pick<SecretVersion, 'credentialId'>,
  here: string = hostname(),
): S {
  const system = systemOf(systems, dependent, version);
  if (system.host !== here)
    throw new IncidentError('DEPENDENT_UNREACHABLE', { dependent: dependent.id, failure: `it is on ${system.host}` });
  return system;
}
