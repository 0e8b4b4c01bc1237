export { rehearseIncident, startIncident, type IncidentRequest } from './start-incident';
export { incident, type IncidentHandle, type ResultOptions } from './incident-handle';
export { listIncidents, type IncidentFilter, type IncidentPage, type IncidentSummary } from './list-incidents';
export {
  createApiClient,
  type ApiClient,
  type ApiIncidentRequest,
  type ApprovalRequest,
  type IssuedApproval,
  type LeakReportRequest,
  type UpdatePayload,
} from './api-client';
export { createSecretClient, type SecretClient } from './dependent/secret-client';
export { ManagedCredential } from './dependent/managed-credential';
export { ResilientPool, AmbiguousOutcomeError } from './dependent/pg-pool';
export { createResilientFetch } from './dependent/http-client';
export { createReloadHook } from './dependent/reload-hook';
export { followCredential } from './dependent/kv-pull';
export type { ManagedUse } from './dependent/dependent-service';
export { IncidentError, type ErrorCode } from '../domain/errors';
export { encryptedDataConverter } from './data-converter';
export { parseNamedKeys as parsePayloadKeys, type NamedKeys as PayloadKeys } from '../domain/named-keys';
