import { completePolicy, DEFAULTS, type CompletePolicy } from '../domain/policy-schema';
import { readYamlFile } from './yaml-file';

/** Reads the policy, or gives design.md's own where there is no file. @throws IncidentError CONFIG_INVALID listing every fault with its place */
export function readPolicy(path: string | undefined): CompletePolicy {
  return path === undefined ? DEFAULTS : readYamlFile(path, completePolicy);
}
