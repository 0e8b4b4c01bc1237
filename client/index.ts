export { startIncident, incident, type IncidentHandle, type IncidentRequest } from './start-incident';
export { createSecretClient, type SecretClient } from './dependent/secret-client';
export { ManagedCredential } from './dependent/managed-credential';
export { ResilientPool, AmbiguousOutcomeError } from './dependent/pg-pool';
export { createResilientFetch } from './dependent/http-client';
export { createReloadHook } from './dependent/reload-hook';
export { followCredential } from './dependent/kv-pull';
export type { ManagedUse } from './dependent/dependent-service';
export { IncidentError, type ErrorCode } from '../domain/errors';
